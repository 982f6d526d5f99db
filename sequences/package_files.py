"""The files of a package: which there are, and reading one without waiting for it or being flooded by it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

SIZE_LIMIT = 64 * 1024 * 1024  # bytes of a package
COUNT_LIMIT = 2_000  # files of a package
# What Python, version control and other tools leave in a folder is no part of a package.
LEFT_BESIDE = frozenset({"__pycache__", ".git", ".hg", ".svn", ".venv"})


class FileProblem(Exception):
    """A file cannot be used. The message follows its name: "cannot be read: Permission denied"."""


@dataclass
class Contents:
    """The files of a package, in order, and what else lies there."""

    files: list[Path] = field(default_factory=list)
    bytes: int = 0
    is_whole: bool = True  # False: there are more files than a package may have
    closed: list[tuple[Path, str]] = field(default_factory=list)  # folders that cannot be looked into, and why
    beside: list[tuple[Path, str]] = field(default_factory=list)  # what is no file and no folder, and what it is


def look_into(folder: Path) -> Contents:
    """List a package. Links to files count as files; nothing is opened, and no link to a folder is followed."""
    found = Contents()
    waiting = [folder]
    while waiting and found.is_whole:
        _look_into_one(waiting.pop(), found, waiting)
    found.files.sort()
    return found


def _look_into_one(folder: Path, found: Contents, waiting: list[Path]) -> None:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if len(found.files) > COUNT_LIMIT:
                    found.is_whole = False
                    return
                if entry.name not in LEFT_BESIDE and not entry.name.endswith("_cache"):
                    _sort_in(entry, found, waiting)
    except OSError as error:
        found.closed.append((folder, reason(error)))


def _sort_in(entry: os.DirEntry[str], found: Contents, waiting: list[Path]) -> None:
    path = Path(entry.path)
    try:
        about = entry.stat()
    except OSError:  # it leads nowhere, or to itself; or somebody has just removed it
        if entry.is_symlink():
            found.beside.append((path, "is a link that leads nowhere"))
        return
    if stat.S_ISREG(about.st_mode):
        found.files.append(path)
        found.bytes += about.st_size
    elif not stat.S_ISDIR(about.st_mode):
        found.beside.append((path, f"is {kind_of(about.st_mode)}"))
    elif entry.is_symlink():
        found.beside.append((path, "is a link to a folder"))
    else:
        waiting.append(path)


def read_file(file: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises FileProblem, and never waits for a writer."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # before it is opened: opening a device may do something
            raise FileProblem(f"is {kind_of(file.stat().st_mode)} and no file")
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        told = "is a link that leads nowhere" if isinstance(error, FileNotFoundError) and file.is_symlink() else None
        raise FileProblem(told or f"cannot be read: {reason(error)}") from error
    except ValueError as error:  # a name that no file can have
        raise FileProblem(f"cannot be read: {error}") from error
    if len(content) > limit:
        raise FileProblem(f"is larger than {limit // 1024} KiB")
    return content


def why_unreadable(file: Path) -> str | None:
    """Why a file cannot be read, judged by its first byte; None if it can."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0) as stream:
            stream.read(1)
    except OSError as error:
        return reason(error)
    return None


def reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def kind_of(mode: int) -> str:
    """What stands in the place of a file, in words."""
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")
