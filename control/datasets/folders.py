"""Folders on this host that datasets may be made of: opened step by step below their root, never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from control.datasets import problems
from control.datasets.names import LONGEST_PATH

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe does not keep whoever opens it waiting.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Found(NamedTuple):
    """A file as the listing sees it. `problem`: why nobody can read it."""

    path: str
    size: int = 0  # bytes
    modified_ns: int = 0
    problem: str = ""


def root_of(folder: Path) -> Path | None:
    """The allowed root that a folder lies in or is; None when there is none. Both are resolved."""
    roots: list[Path] = [root.resolve() for root in settings.DATASET_ROOTS]
    return next((root for root in roots if folder == root or root in folder.parents), None)


def holds_own_files(folder: Path) -> bool:
    """Whether a resolved folder lies in the data directory, or that one in it: nobody downloads keys and databases."""
    own: Path = settings.DATA_DIR
    return folder == own or own in folder.parents or folder in own.parents


@contextmanager
def opened_folder(root: Path, parts: Sequence[str]) -> Iterator[int]:
    """A descriptor of a folder below a root. Raises OSError, also where a link stands in the way."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            below = os.open(part, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


def open_file(root: Path, path: str) -> int:
    """A descriptor of a regular file below a root. Raises OSError, also for links and for what is no file."""
    *folders, name = path.split("/")
    with opened_folder(root, folders) as folder:
        handle = os.open(name, _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(problems.NO_FILE)
    return handle


def list_files(root: Path, parts: Sequence[str] = (), *, hidden: bool) -> Iterator[Found]:
    """Every file below a folder, in no order; without `hidden`, not those whose name begins with a dot.

    Links and what is no regular file come with their problem: nobody follows them. Raises OSError when the folder
    itself cannot be read.
    """
    with opened_folder(root, parts) as folder:
        yield from _listed(folder, "", hidden)


def _listed(folder: int, prefix: str, hidden: bool) -> Iterator[Found]:
    """Only one folder of each depth is open."""
    below: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") and not hidden:
                continue
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.name)
            else:
                yield _found(entry, prefix + entry.name)
    for name in below:
        try:
            handle = os.open(name, _FOLDER, dir_fd=folder)
        except OSError as error:
            yield Found(_text(prefix + name), problem=problems.FOLDER_UNREADABLE % {"problem": error.strerror})
            continue
        try:
            yield from _listed(handle, f"{prefix}{name}/", hidden)
        finally:
            os.close(handle)


def _found(entry: os.DirEntry[str], path: str) -> Found:
    text = _text(path)
    if text != path:
        return Found(text, problem=problems.NO_TEXT)
    try:
        about = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Found(path, problem=error.strerror or str(error))
    if stat.S_ISLNK(about.st_mode):
        return Found(path, problem=problems.LINK)
    if not stat.S_ISREG(about.st_mode):
        return Found(path, problem=problems.NO_FILE)
    return Found(path, about.st_size, about.st_mtime_ns)


def _text(path: str) -> str:
    """A path as a database takes it: bytes that are no text are written out, what is too long is cut."""
    text = os.fsencode(path).decode(errors="backslashreplace")
    content = text.encode()
    return text if len(content) <= LONGEST_PATH else f"{text[: LONGEST_PATH // 5]}… {sha1(content).hexdigest()}"
