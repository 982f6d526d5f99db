"""Writing an archive: under another name until it was read back, so that what has the name of an archive is one."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.db import connection

from control import __version__
from control.archive.contents import CONTENTS, FORMAT, ArchiveRefused, Contents, MemberFacts
from control.archive.members import Member, members
from control.archive.naming import DRAFT, free_name, remove_drafts
from control.archive.reading import check_archive
from control.archive.snapshot import Snapshot, Tell, database_size, take_snapshot
from stations.safety.durable import sync_folder

MIB = 1024**2
SPARE = 64 * MIB  # left to everybody else on this disk
COMPRESSION = 6


def write_archive(folder: Path, tell: Tell) -> tuple[Path, Contents]:
    """Write an archive of this installation as it is now, read it back, and return it with its contents.

    Raises ArchiveRefused before anything is written, else OSError, ProgramFailed, DamagedArchive or a database error;
    then nothing is left behind.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    remove_drafts(folder)
    check_space(folder, space_needed())
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=folder) as name:
        draft = Path(name) / "archive"
        moment = datetime.now(UTC)
        snapshot = take_snapshot(Path(name), tell)
        contents = _pack(draft, snapshot, moment, tell)
        tell("reading it back")
        check_archive(draft)
        archive = free_name(folder)
        draft.rename(archive)
    sync_folder(folder)
    return archive, contents


def space_needed() -> int:
    """Bytes at the most: the database twice, as a copy and in the archive, and every other file once."""
    files = 0
    for member in members([]):
        with suppress(FileNotFoundError):
            files += member.path.stat().st_size
    return 2 * database_size() + files


def check_space(folder: Path, needed: int) -> None:
    """Raises ArchiveRefused when the disk of a folder could become full."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        raise ArchiveRefused(
            f"{folder} has {free // MIB:,} MiB free, but {(needed + SPARE) // MIB:,} MiB may be needed. "
            "Make room, or choose a folder on another disk."
        )


def _pack(archive: Path, snapshot: Snapshot, moment: datetime, tell: Tell) -> Contents:
    facts: dict[str, MemberFacts] = {}
    with os.fdopen(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=COMPRESSION) as tar:
            tell("packing the database")
            _add_all(tar, [Member(snapshot.file.name, snapshot.file)], facts)
            tell("packing files")
            _add_all(tar, members(snapshot.live), facts)
            contents = Contents(
                format=FORMAT,
                version=__version__,
                made_at=moment.isoformat(timespec="seconds"),
                database=connection.vendor,
                migrations=[list(migration) for migration in snapshot.migrations],
                rows=snapshot.rows,
                live=snapshot.live,
                members=facts,
            )
            text = json.dumps(contents, indent=1).encode()
            tar.addfile(_info(CONTENTS, len(text)), io.BytesIO(text))
        file.flush()
        os.fsync(file.fileno())
    return contents


def _add_all(tar: tarfile.TarFile, found: Iterable[Member], facts: dict[str, MemberFacts]) -> None:
    for member in found:
        with suppress(FileNotFoundError), member.path.open("rb") as file:  # a latch may be lifted meanwhile
            status = os.fstat(file.fileno())
            counted = _Counted(file)
            # As long as it is now: a spool grows while it is read.
            tar.addfile(_info(member.name, status.st_size, status.st_mode & 0o777, status.st_mtime), counted)
            facts[member.name] = MemberFacts(sha256=counted.digest.hexdigest(), bytes=status.st_size)


def _info(name: str, size: int, mode: int = 0o600, modified: float = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, mode, modified
    return info


class _Counted(io.RawIOBase):
    """A file whose checksum is known once it has been read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.digest.update(found)
        return found
