"""The database that tests run on, and whole installations for tests that start real processes.

`pytest --database=sqlite` (the default) or `--database=postgresql` chooses the kind; see docs/testing.md.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models.signals import post_migrate
from xdist.scheduler import LoadFileScheduling

from stations.paths import StationPaths
from tests.installations import Installation, Template
from tests.postgresql import Databases, PostgreSQL

DATA = pytest.StashKey[Path]()
SHARED = pytest.StashKey[Path]()
SERVER = pytest.StashKey[Databases | None]()
PROCESSES = {"installation_template", "own_postgresql", "postgresql"}
# Below these folders are tests of whole stations and web processes.
STATIONS = {"browser", "faults", "system", "web"}
# The longest of them. The first one wants to see pages that no other test has filled.
LONGEST = ("test_every_page.py", "test_watch_and_steer.py")
# Files of one folder that share a station, so one process of the tests gets them all.
TOGETHER = {f"tests/web/test_{name}.py" for name in ("api", "attachments", "bodies", "controls", "prompts", "sockets")}
DATABASE = {"db", "transactional_db"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="what to test on")
    parser.addoption("--require-browser", action="store_true", help="fail instead of skipping without a Chromium")


def pytest_configure(config: pytest.Config) -> None:
    """Give Django's settings a data directory and a database of their own before anything loads them."""
    for name in [name for name in os.environ if name.startswith("GWANJE_") or name == "Q_CLUSTER_NAME"]:
        del os.environ[name]
    data = config.stash[DATA] = Path(tempfile.mkdtemp(prefix="gwanje-tests-"))
    # Under xdist every process that runs tests has a data directory of its own; the one that only hands tests out has
    # the server and what else they share.
    hands_out: dict[str, str] | None = getattr(config, "workerinput", None)
    config.stash[SHARED] = Path(hands_out["shared"]) if hands_out else data
    config.stash[SERVER] = None
    if config.getoption("--database") == "postgresql":
        config.stash[SERVER] = Databases(Path(hands_out["server"])) if hands_out else PostgreSQL().start()
    # No more is for it: the others would inherit its environment, and pytest-django load it before they set theirs.
    if hands_out is None and bool(config.getoption("numprocesses", None)):
        return
    os.environ["GWANJE_DATA_DIR"] = str(data)
    if server := config.stash[SERVER]:
        os.environ["GWANJE_DATABASE_URL"] = server.url("gwanje")
    os.environ["DJANGO_SETTINGS_MODULE"] = "control.settings"
    if config.pluginmanager.hasplugin("django"):
        django.setup()
        # Each client of a test is a web server of its own: none shall look through all static files first.
        settings.WHITENOISE_AUTOREFRESH = True
        # Nor shall each person of a test cost the quarter of a second that makes passwords hard to guess.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        post_migrate.connect(create_roles, sender=apps.get_app_config("auth"))
    gc.disable()


def create_roles(**_: Any) -> None:
    """What a migration has written, and a test with transactions clears away."""
    for name in ("viewer", "operator", "engineer", "admin"):
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


class _LoadFileOrStation(LoadFileScheduling):
    """Hands out whole files, and those that share a station as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "tests/web" if file in TOGETHER else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return _LoadFileOrStation(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of xdist what it shares with the others."""
    server = node.config.stash[SERVER]
    node.workerinput["shared"] = str(node.config.stash[SHARED])
    node.workerinput["server"] = str(server.data) if server else ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a database, and begin with what takes longest."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & (PROCESSES | DATABASE) or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    if item.path.name in LONGEST:
        return LONGEST.index(item.path.name)
    return len(LONGEST) if STATIONS & set(item.path.parts) else len(LONGEST) + 1


def pytest_collection_finish() -> None:
    """What was collected stays: no more looking through it."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    if isinstance(server := config.stash.get(SERVER, None), PostgreSQL):
        server.remove()
    if data := config.stash.get(DATA, None):
        shutil.rmtree(StationPaths(data).runtime, ignore_errors=True)
        shutil.rmtree(data)


@pytest.fixture(scope="session")
def postgresql(pytestconfig: pytest.Config) -> Databases | None:
    """The server that tests of `--database=postgresql` share, else None."""
    return pytestconfig.stash[SERVER]


@pytest.fixture(scope="session")
def template(pytestconfig: pytest.Config, postgresql: Databases | None) -> Template:
    return Template(pytestconfig.stash[SHARED] / "template", postgresql)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Whether pytest-django finds a test database and leaves it: `django_db_modify_db_settings` has copied one."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(pytestconfig: pytest.Config, template: Template) -> None:
    """Make Django's test database a copy of the template: on SQLite a file, as the product's, and not in memory."""
    connection.settings_dict["TEST"]["NAME"] = template.copy(pytestconfig.stash[DATA] / "tests.sqlite3")


@pytest.fixture(scope="session")
def installation_template(template: Template) -> Template:
    """For tests that start processes: see PROCESSES."""
    return template


@pytest.fixture
def installation(installation_template: Template, tmp_path: Path) -> Iterator[Installation]:
    """A fresh data directory and a migrated database of the chosen kind; every process of it is killed at the end."""
    installed = installation_template.install(tmp_path)
    yield installed
    installed.remove()


@pytest.fixture(scope="module")
def own_server(pytestconfig: pytest.Config) -> Iterator[PostgreSQL]:
    if pytestconfig.stash[SERVER] is None:
        pytest.skip("needs --database=postgresql")
    server = PostgreSQL().start()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def own_template(own_server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("template"), own_server)


@pytest.fixture
def own_postgresql(own_server: PostgreSQL) -> PostgreSQL:
    """A server that a test may stop and start. Skipped unless the tests run on PostgreSQL."""
    if own_server.server is None:
        own_server.start()
    return own_server


@pytest.fixture
def installation_on_own_postgresql(
    own_postgresql: PostgreSQL, own_template: Template, tmp_path: Path
) -> Iterator[Installation]:
    """An installation whose server the test may stop and start through `own_postgresql`."""
    installed = own_template.install(tmp_path)
    yield installed
    installed.remove()
