"""How full the disk of a folder is, and from when on somebody should know."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

# Percent of what this user may fill. The first ones are worth a word, from the last one on work is in danger.
FULL_FROM = (80, 90, 95)
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


class DiskUse(NamedTuple):
    """`percent` as df shows it: the part kept for the administrator counts as used. `free`: bytes."""

    percent: float
    free: int

    @property
    def grade(self) -> int:
        """How many of the limits it has reached."""
        return sum(self.percent >= limit for limit in FULL_FROM)


def disk_use(folder: Path) -> DiskUse:
    """Raises OSError when the folder cannot be asked."""
    found = shutil.disk_usage(folder)
    usable = found.used + found.free
    return DiskUse(100 * found.used / usable if usable else 100.0, found.free)


def size_text(size: float) -> str:
    """Return `312 bytes`, `4.2 GiB`."""
    power = 0
    while size >= 1024 and power < len(UNITS) - 1:
        size, power = size / 1024, power + 1
    return f"{size:.0f} {UNITS[power]}" if power == 0 or size >= 100 else f"{size:.1f} {UNITS[power]}"
