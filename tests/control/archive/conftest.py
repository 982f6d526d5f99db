"""Installations with and without content, and archives of them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.installations import Installation, Template
from tests.postgresql import wheel_programs

# What a restore changes on purpose, or what the recording of backups adds.
CHANGED = {"django_session", "django_q_ormq", "control_controlevent"}
Contents = dict[str, Any]


def with_programs(installation: Installation) -> Installation:
    if installation.database_url.startswith("postgresql"):
        installation.environment["GWANJE_PG_BIN"] = str(wheel_programs())
    return installation


@pytest.fixture(scope="module")
def filled(installation_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """With content; the tests of a file share it and only read."""
    installed = with_programs(installation_template.install(tmp_path_factory.mktemp("filled")))
    folder = installed.folder / "packages" / "ours"
    folder.mkdir(parents=True)
    (folder / "manifest.yaml").write_text("name: ours\n")
    installed.environment["GWANJE_SEQUENCE_DIRS"] = str(folder.parent)
    done = installed.manage("shell", "--no-imports", "-c", "from tests.control.archive.filling import fill; fill()")
    assert done.returncode == 0, done.stderr
    yield installed
    installed.remove()


@pytest.fixture(scope="module")
def archive(filled: Installation) -> Path:
    """Of `filled`."""
    return backed_up(filled)


@pytest.fixture
def other(installation: Installation) -> Installation:
    """A second one, freshly migrated."""
    (installation.folder / "packages").mkdir()
    installation.environment["GWANJE_SEQUENCE_DIRS"] = str(installation.folder / "packages")
    return with_programs(installation)


def backed_up(installation: Installation, *options: str) -> Path:
    done = installation.manage("backup", *options)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return Path(done.stdout.split(" (")[0])


def content(installation: Installation, without: set[str] = CHANGED) -> dict[str, list[str]]:
    """Every row of every table, by the plain driver."""
    with installation.connection() as connection:
        if installation.database_url.startswith("sqlite"):
            sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        else:
            sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        tables = {name for (name,) in connection.execute(sql).fetchall()} - without
        return {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"').fetchall())) for name in tables}


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def forged(archive: Path, target: Path, change: Callable[[Contents], object] = len, database: bytes = b"") -> Path:
    """A copy of an archive that says something else of itself, or holds another database."""
    found = members(archive)
    contents = json.loads(found["contents.json"])
    if database:
        name = next(name for name in found if name.startswith("database."))
        found[name] = database
        contents["members"][name] = {"sha256": hashlib.sha256(database).hexdigest(), "bytes": len(database)}
    change(contents)
    found["contents.json"] = json.dumps(contents).encode()
    with tarfile.open(target, "w:gz", compresslevel=1) as tar:
        for name, data in found.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return target
