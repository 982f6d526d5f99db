"""The folders of an installation: whose they are, who can look in, and how much room is left."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from control.management.doctor.finding import Finding, Level, attention, good, wrong
from control.metrics.disk import FULL_FROM, disk_use, size_text


def look_at_data_directory() -> Iterator[Finding]:
    folder = settings.DATA_DIR
    if not folder.exists():
        yield attention(f"{folder} does not exist yet.", "The first start makes it: manage.py start")
        return
    yield from _look_at_owner(folder)
    yield _look_at_room(folder)


def _look_at_owner(folder: Path) -> Iterator[Finding]:
    found = folder.stat()
    if found.st_uid != os.getuid():
        me, owner = _name_of(os.getuid()), _name_of(found.st_uid)
        yield wrong(f"{folder} belongs to {owner}, and you are {me}.", f"Work as {owner}, or set GWANJE_DATA_DIR.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield wrong(f"{folder} cannot be written by this user.", f"chmod u+rwx {folder}")
    if mode := stat.S_IMODE(found.st_mode) & 0o077:
        shown = f"{stat.S_IMODE(found.st_mode):o}"
        yield attention(f"Others may enter {folder} (mode {shown}, others: {mode:o}).", f"chmod 700 {folder}")


def _look_at_room(folder: Path) -> Finding:
    use = disk_use(folder)
    text = f"{folder}: {size_text(use.free)} left, its disk is {int(use.percent)}% full"
    level = [Level.OK, *[Level.ATTENTION] * (len(FULL_FROM) - 1), Level.WRONG][use.grade]
    return Finding(level, text, "Make room there, or prune old batches: manage.py prune" if use.grade else "")


def look_at_runtime_directory() -> Iterator[Finding]:
    """The sockets: only their owner may enter, and processes refuse a folder of somebody else."""
    folder = settings.STATION_PATHS.runtime
    try:
        found = folder.lstat()
    except FileNotFoundError:
        yield good(f"{folder} is made when something starts")
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        owner = _name_of(found.st_uid)
        text = f"{folder} belongs to {owner} with mode {stat.S_IMODE(found.st_mode):o}, so nothing starts with it."
        yield wrong(text, f"Remove it while nothing runs, and start again: rm -r {folder}")
    else:
        yield good(f"{folder} is yours alone")


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
