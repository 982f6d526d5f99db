"""A command run against an environment that a test has spoiled, and a station whose guards leave files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from django.conf import settings

from tests.installations import Installation

Manage = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def manage(tmp_path: Path) -> Manage:
    """`manage("check", GWANJE_WORKERS="0")`: without a database, so that nothing has to be migrated."""

    def run(*arguments: str, **changes: str) -> CompletedProcess[str]:
        installation = Installation(tmp_path / "installed", f"sqlite:///{tmp_path}/installed/data/gwanje.sqlite3")
        installation.environment |= changes
        return installation.manage(*arguments)

    return run


@pytest.fixture
def station_with_files(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The station of the bundled file, and the folder for what its guards write down."""
    from tests.rows import demo_station  # noqa: PLC0415  (its models need Django, which is not there yet)

    demo_station(monkeypatch)
    settings.STATION_PATHS.prepare()
    yield
    for path in settings.STATION_PATHS.slots.iterdir():
        path.unlink()
