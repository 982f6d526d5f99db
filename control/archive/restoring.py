"""The way back: everything is checked first, what is replaced is kept aside, nothing starts by itself afterwards."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from control.archive.contents import (
    ATTACHMENTS,
    EVENTS,
    LATCHES,
    PACKAGES,
    SPOOLS,
    STATION,
    STORE,
    Contents,
    check_fits,
)
from control.archive.database import check_nobody_else, is_empty, put_back, sqlite_files
from control.archive.members import NEVER
from control.archive.naming import DRAFT, remove_drafts
from control.archive.reading import check_archive, unpack
from control.archive.snapshot import Tell
from control.archive.writing import check_space, space_needed, write_archive
from control.lifecycle.actor import Actor
from control.lifecycle.restored import settle_restored
from stations.safety.durable import read_json, sync_folder, write_json


@dataclass
class Restored:
    """What became of it."""

    contents: Contents
    notes: list[str] = field(default_factory=list)


def check_restorable(archive: Path) -> Contents:
    """Everything that can be refused. Raises DamagedArchive or ArchiveRefused; nothing was changed."""
    contents = check_archive(archive)
    check_fits(contents)
    check_nobody_else()
    size = sum(member["bytes"] for member in contents["members"].values())
    data = settings.STATION_PATHS.data
    check_space(data, 2 * size + (0 if is_empty() else space_needed()))
    return contents


def restore(archive: Path, aside: Path, *, by: Actor, tell: Tell) -> Restored:
    """Put an archive in the place of what is here, which goes into the new folder `aside`. `check_restorable` first.

    Effects, in order: an archive of what is here, the database, files, migrations, `settle_restored`. Cut off before
    the last of them, nothing starts here until a restore has come to its end.
    """
    data = settings.STATION_PATHS.data
    remove_drafts(data)
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=data) as name:
        draft = Path(name)
        tell("unpacking")
        contents = unpack(archive, draft)
        aside.mkdir(mode=0o700)
        _keep_database(aside, tell)
        tell("putting the database back")
        _put_database_back(draft, archive)
        restored = Restored(contents)
        _put_files_back(draft, aside, restored)
    tell("bringing it up to date")
    call_command("migrate", verbosity=0)
    spools = {UUID(batch) for batch in contents["live"] if f"{SPOOLS}/{UUID(batch)}.jsonl" in contents["members"]}
    settle_restored(archive.name, spools, by=by)
    settings.STATION_PATHS.unfinished_restore.unlink(missing_ok=True)
    sync_folder(data)
    with suppress(OSError):
        aside.rmdir()  # nothing was here
    return restored


def _keep_database(aside: Path, tell: Tell) -> None:
    """By an archive, from which it can be restored again. A damaged SQLite file is kept as it is."""
    if is_empty():
        return
    tell("keeping what is here")
    try:
        write_archive(aside, tell)
    except (DatabaseError, sqlite3.DatabaseError):
        if connection.vendor != "sqlite":
            raise
        for file in sqlite_files():
            if file.exists():
                shutil.copyfile(file, aside / file.name)
    finally:
        connection.close()


def _put_database_back(draft: Path, archive: Path) -> None:
    unfinished = settings.STATION_PATHS.unfinished_restore
    before = read_json(unfinished)
    write_json(unfinished, str(archive))
    try:
        put_back(draft)
    except Exception:
        if before is None:
            unfinished.unlink()  # the database is as it was
        raise


def _put_files_back(draft: Path, aside: Path, restored: Restored) -> None:
    paths = settings.STATION_PATHS
    paths.prepare()
    _replace(draft / EVENTS, paths.data / "events", aside / EVENTS)
    _replace(draft / ATTACHMENTS, paths.attachments, aside / ATTACHMENTS)
    for spool in _files(draft / SPOOLS):
        _replace(spool, paths.spools / spool.name, aside / SPOOLS / spool.name)
    for latch in _files(draft / LATCHES):
        if not (paths.slots / latch.name).exists():  # one that holds now is newer; no restore lifts it
            latch.replace(paths.slots / latch.name)
    for content in _files(draft / STORE):
        if not (paths.packages / content.name).exists():  # one of the same name is the same
            shutil.move(content, paths.packages / content.name)
    for left in paths.supervisors.iterdir():
        left.unlink()
    if (draft / STATION).exists() and not _same(draft / STATION, Path(settings.STATION_FILE)):
        _replace(draft / STATION, Path(settings.STATION_FILE), aside / STATION)
        restored.notes.append(f"The station file {settings.STATION_FILE} is the one of the archive.")
    for folder in sorted((draft / PACKAGES).glob("*")):
        _put_packages_back(folder, int(folder.name), aside, restored)


def _put_packages_back(folder: Path, place: int, aside: Path, restored: Restored) -> None:
    """Each package that differs. Those that come with Gwanje belong to the program, not to the archive."""
    if place < len(settings.SEQUENCE_DIRS):
        target = settings.SEQUENCE_DIRS[place]
    else:
        target = settings.DATA_DIR / f"restored-packages-{place}"
        restored.notes.append(f"Packages of a folder that GWANJE_SEQUENCE_DIRS does not name are in {target}.")
    for package in sorted(folder.iterdir()):
        here = target / package.name
        if _content(package) == _content(here):
            continue
        if place == 0 and here.exists():
            restored.notes.append(f"Package {package.name} of this Gwanje differs from the archived one, and stays.")
            continue
        _replace(package, here, aside / PACKAGES / str(place) / package.name)
        restored.notes.append(f"Package {package.name} in {target} is the one of the archive.")


def _replace(new: Path, here: Path, aside: Path) -> None:
    """Move what is here aside and the new one in its place; both may be files or folders, on different disks."""
    if here.exists():
        aside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(here, aside)
    if new.exists():
        here.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(new, here)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _content(path: Path) -> dict[str, bytes]:
    """The files of a package by their name inside it."""
    if path.is_file():
        return {"": path.read_bytes()}
    files = [file for file in path.rglob("*") if file.is_file() and NEVER not in file.parts]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}
