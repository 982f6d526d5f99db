"""Reading an archive: every checksum is compared before anything of it is believed."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from control.archive.contents import CONTENTS, FORMAT, Contents, DamagedArchive, MemberFacts

BLOCK = 1024**2


def check_archive(archive: Path) -> Contents:
    """Read an archive to its end and return what it says of itself. Raises DamagedArchive."""
    return _read(archive, None)


def unpack(archive: Path, folder: Path) -> Contents:
    """Unpack an archive into an empty folder, compared once more. Raises DamagedArchive or OSError."""
    return _read(archive, folder)


def _read(archive: Path, folder: Path | None) -> Contents:
    found: dict[str, MemberFacts] = {}
    text = b""
    with _telling_damage(archive), tarfile.open(archive, "r:gz") as tar:
        for info in tar:
            file = tar.extractfile(info)
            if file is None or not _is_inside(info.name):
                raise DamagedArchive(f"{archive} holds '{info.name}', which no archive of Gwanje does.")
            if info.name == CONTENTS:
                text = file.read()
            else:
                found[info.name] = _copy(info, file, folder)
    contents = _contents(archive, text)
    if contents["format"] <= FORMAT and contents["members"] != found:
        wrong = sorted(set(found) ^ set(contents["members"])) or [
            name for name, facts in found.items() if facts != contents["members"][name]
        ]
        raise DamagedArchive(f"{archive} is damaged: {wrong[0]} is not what was archived. Take another archive.")
    return contents


@contextmanager
def _telling_damage(archive: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise DamagedArchive(f"There is no file {archive}.") from None
    except IsADirectoryError:
        raise DamagedArchive(f"{archive} is a folder; name an archive in it.") from None
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DamagedArchive(f"{archive} is damaged or no archive: {error}. Take another one.") from error


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _copy(info: tarfile.TarInfo, file: IO[bytes], folder: Path | None) -> MemberFacts:
    digest, size = hashlib.sha256(), 0
    target = None
    if folder is not None:
        path = folder / info.name
        path.parent.mkdir(parents=True, exist_ok=True)
        target = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, info.mode & 0o777 | 0o600), "wb")
    while block := file.read(BLOCK):
        digest.update(block)
        size += len(block)
        if target is not None:
            target.write(block)
    if target is not None:
        target.flush()
        os.fsync(target.fileno())
        target.close()
    return MemberFacts(sha256=digest.hexdigest(), bytes=size)


def _contents(archive: Path, text: bytes) -> Contents:
    try:
        contents = json.loads(text)
        missing = Contents.__required_keys__ - contents.keys()
    except (ValueError, AttributeError):
        missing = Contents.__required_keys__
    if missing:
        raise DamagedArchive(f"{archive} is no archive of Gwanje: it has no readable {CONTENTS}.")
    return cast(Contents, contents)
