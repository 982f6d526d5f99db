"""Processes that live but do not work: stopped, alone beside their dead workers, or silent. Killing one does no harm:
what it held is safe without it, and whoever keeps it alive starts another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from pathlib import Path

from stations.safety.processes import ProcessMark, family_of, process_stat


class Sign(StrEnum):
    STOPPED = "stopped"
    ALONE = "alone beside its dead workers"
    BARREN = "without workers"
    SILENT = "silent"


# A stopped process may hold SQLite's lock, and then everybody waits for it. One that starts has no workers yet.
PATIENCE_S = {Sign.STOPPED: 1.0, Sign.ALONE: 5.0, Sign.BARREN: 30.0}
# Whoever looks and was stopped itself has seen nothing meanwhile.
OWN_PAUSE_S = 0.9


@dataclass(frozen=True)
class Watched:
    """A process to look at. `workers`: it works in processes of its own."""

    mark: ProcessMark
    workers: bool = False
    heartbeat: Path | None = None  # a file that it touches
    silent_s: float = inf  # so long may that stay as it is


class FrozenWatch:
    """Looks at processes and files only, never at a database."""

    def __init__(self, patience_s: Mapping[Sign, float] = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._since: dict[tuple[ProcessMark, Sign, int], float] = {}
        self._looked_at = time.monotonic()
        self._had_workers: set[ProcessMark] = set()

    def find(self, watched: Mapping[str, Watched]) -> dict[str, Sign]:
        """The names of those that have been frozen for too long, and how. Ask at least every half second."""
        now = time.monotonic()
        if now - self._looked_at > OWN_PAUSE_S:
            self._since = {}
        self._looked_at = now
        self._had_workers &= {one.mark for one in watched.values()}
        seen = {(one.mark, sign, what): limit for one in watched.values() for sign, what, limit in self._signs(one)}
        self._since = {sight: self._since.get(sight, now) for sight in seen}
        late = {sight[0]: sight[1] for sight, since in self._since.items() if now - since >= seen[sight]}
        return {name: late[one.mark] for name, one in watched.items() if one.mark in late}

    def _signs(self, one: Watched) -> Iterator[tuple[Sign, int, float]]:
        """What may be so for a while: the sign, what tells it from an earlier one of its kind, and for how long."""
        family = family_of([one.mark.pid]) if one.workers else [one.mark.pid]
        states = [stat[0] for pid in family if (stat := process_stat(pid))]
        if "T" in states:
            yield Sign.STOPPED, 0, self._patience_s[Sign.STOPPED]
        if len(family) > 1:
            self._had_workers.add(one.mark)
        if one.workers and len([state for state in states if state not in "ZX"]) == 1:  # who hangs buries no dead
            sign = Sign.ALONE if one.mark in self._had_workers else Sign.BARREN
            yield sign, 0, self._patience_s[sign]
        if one.heartbeat is not None:
            with suppress(OSError):  # nobody is killed because a disk takes no file
                yield Sign.SILENT, one.heartbeat.stat().st_mtime_ns, one.silent_s


def show_life(heartbeat: Path) -> None:
    """To be called by whoever is watched, more often than it may be silent."""
    with suppress(OSError):
        heartbeat.touch()
