"""Watching what creeps up unseen: a full disk, a transaction left open, a queue that nobody works through.

Each is told among the alerts when it begins, when it gets worse, and once when it is over.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from control.housekeeping.telling import holding_alerts, signed, tell, told_before
from control.lifecycle.doorbell import cluster_name
from control.metrics.bells import unheard_for
from control.metrics.database_load import LARGEST_LOG, LONGEST_TRANSACTION_S, oldest_transaction, pinned_log
from control.metrics.disk import FULL_FROM, DiskUse, disk_use, size_text
from stations.models import Slot

# So much emptier than a limit before it counts as passed: a disk just at the limit would be told again and again.
SPARE_PERCENT = 2


@dataclass(frozen=True)
class Trouble:
    """Something that somebody should know. `grade`: 1 and up; told again when it changes."""

    message: str
    grade: int = 1
    level: str = "WARNING"
    data: dict[str, Any] = field(default_factory=dict)


class Watcher:
    """Tells what `look` finds, where it is news. `look` gets the grade that was told last."""

    def __init__(self, name: str, station: str, look: Callable[[int], Trouble | None], over: str) -> None:
        """`station`: empty for what all stations of a database share; `over`: what to say when the trouble is over."""
        self.name, self.station, self.look, self.over = name, station, look, over
        self._grade: int | None = None  # not known yet: the process before this one may have told something

    def turn(self) -> None:
        if self._grade is None:
            self._grade = self._told()
        found = self.look(self._grade)
        grade = found.grade if found is not None else 0
        if grade != self._grade:
            self._tell(found, grade)
        self._grade = grade

    def _tell(self, found: Trouble | None, grade: int) -> None:
        """One alert, however many housekeepings have seen the same."""
        data = signed(self.name, self.station) | {"grade": grade}
        with holding_alerts():
            told = self._told()
            if found is None and told:
                tell(self.over, "INFO", data)
            elif found is not None and grade != told:
                level = found.level if grade > told else "INFO"
                tell(found.message, level, data | found.data)

    def _told(self) -> int:
        newest = told_before(self.name, self.station).first()
        return newest.data["grade"] if newest is not None else 0


def watchers_of(station: str) -> list[Watcher]:
    host = socket.gethostname()
    clusters = {kind: cluster_name(station, kind) for kind in Slot.Kind}
    return [
        Watcher("disk", station, look_at_disk, f"The disk of {host} has room again."),
        Watcher("transaction", "", look_at_transactions, "Nothing holds up the database any more."),
        *(
            Watcher(f"bells {name}", station, BellsLook(station, kind), f"The bells of {name} are answered again.")
            for kind, name in clusters.items()
        ),
    ]


def look_at_disk(told: int) -> Trouble | None:
    """The disk of this host's data directory."""
    return disk_trouble(disk_use(settings.DATA_DIR), told)


def disk_trouble(use: DiskUse, told: int) -> Trouble | None:
    """How bad it is. A limit that was told counts until the disk is well below it."""
    reached = [
        limit for at, limit in enumerate(FULL_FROM) if use.percent >= limit - (SPARE_PERCENT if at < told else 0)
    ]
    if not reached:
        return None
    return Trouble(
        f"The disk of {socket.gethostname()} is {int(use.percent)}% full, with {size_text(use.free)} left. "
        "Make room there, or prune old batches.",
        grade=len(reached),
        level="ERROR" if len(reached) == len(FULL_FROM) else "WARNING",
        data={"percent": round(use.percent, 1), "free": use.free},
    )


def look_at_transactions(told: int) -> Trouble | None:
    """Whatever is open for long keeps the database from clearing away what is old, so that it grows and slows down."""
    if (size := pinned_log()) > LARGEST_LOG:
        return Trouble(
            f"The log of the database has grown to {size_text(size)}, as some program keeps it open for reading. "
            "Close that program.",
            data={"bytes": size},
        )
    oldest = oldest_transaction()
    if oldest is None or oldest.open_s <= LONGEST_TRANSACTION_S:
        return None
    return Trouble(
        f"A transaction has been open in the database for {int(oldest.open_s / 60)} minutes: {oldest.who}. "
        "Whoever began it should end it.",
        data={"pid": oldest.pid, "application": oldest.application, "open_s": round(oldest.open_s)},
    )


class BellsLook:
    """Bells that nobody answers although a worker is free: the cluster is stuck, or it is not there."""

    def __init__(self, station: str, kind: Slot.Kind) -> None:
        self.station, self.kind = station, kind
        self.cluster = cluster_name(station, kind)
        self._seen = False  # at the last look; a bell may be on its way while a place has just become free

    def __call__(self, told: int) -> Trouble | None:
        waited = unheard_for(self.station, self.kind)
        seen_before, self._seen = self._seen or told > 0, waited is not None
        if waited is None or not seen_before:
            return None
        return Trouble(
            f"The bells of {self.cluster} have rung for {int(waited.total_seconds())} s and nobody answers, "
            f"so batches wait. See {settings.STATION_PATHS.logs / self.cluster}.log.",
            level="ERROR",
            data={"cluster": self.cluster},
        )
