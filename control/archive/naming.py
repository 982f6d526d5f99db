"""The names of archives tell when they were made; nothing else in their folder is ours."""

from __future__ import annotations

import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_NAME = re.compile(r"gwanje-(\d{8}-\d{6})\.tar\.gz")
_STAMP = "%Y%m%d-%H%M%S"
DRAFT = ".gwanje-draft-"


def free_name(folder: Path, form: str = "gwanje-{}.tar.gz") -> Path:
    """The name of what is made now, an archive unless told otherwise, in UTC. Waits when this second's is taken."""
    while (path := folder / form.format(datetime.now(UTC).strftime(_STAMP))).exists():
        time.sleep(0.05)
    return path


def made_at(archive: Path) -> datetime | None:
    """When an archive was made, by its name; None for a file that is none of ours."""
    match = _NAME.fullmatch(archive.name)
    try:
        return datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def remove_older(folder: Path, newest: Path, days: float) -> list[Path]:
    """Delete the archives made more than so many days before the newest one, which was just read back."""
    made = made_at(newest)
    assert made is not None
    old = [path for path in folder.iterdir() if (at := made_at(path)) and made - at > timedelta(days=days)]
    for path in old:
        path.unlink(missing_ok=True)
    return sorted(old)


def remove_drafts(folder: Path) -> None:
    """Delete what a killed backup has left. Only one backup of a data directory runs at a time."""
    for path in folder.glob(f"{DRAFT}*"):
        shutil.rmtree(path, ignore_errors=True)
