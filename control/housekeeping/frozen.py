"""Ending clusters that live but do not work: django-q2 replaces a dead worker, but none that is stopped, nor itself.

Killing a whole cluster does no harm: no run hangs on it, the warden starts a new one, and another supervisor goes on.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from stations.safety.durable import read_json
from stations.safety.processes import ProcessMark

log = logging.getLogger(__name__)

# A stopped process may hold SQLite's lock, and then everybody waits for it.
STOPPED_FOR_S = 1.0
# A cluster whose other processes are gone waits for them for ever; one that starts is also alone for a moment.
ALONE_FOR_S = 5.0


class ClusterWatch:
    """Looks at processes only, never at the database."""

    def __init__(self, clusters: list[str]) -> None:
        self._clusters = clusters
        self._since: dict[tuple[ProcessMark, float], float] = {}  # cluster, how long it may be so -> since when it is

    def end_frozen(self) -> list[str]:
        """SIGKILL every cluster that has been stopped or alone for too long; return their names."""
        marks = read_json(settings.STATION_PATHS.warden_state) or {}
        found = {name: mark for name in self._clusters if (mark := ProcessMark.load(marks.get(name)))}
        now = time.monotonic()
        suspects = {(mark, limit): now for mark in found.values() if (limit := _patience(mark.pid)) is not None}
        self._since = {suspect: self._since.get(suspect, at) for suspect, at in suspects.items()}
        frozen = {mark for (mark, limit), since in self._since.items() if now - since >= limit}
        ended = [name for name, mark in found.items() if mark in frozen and mark.kill_group()]
        for name in ended:
            log.error("a cluster was stopped or hung and has been killed", extra={"cluster": name})
        return ended


def _patience(leader: int) -> float | None:
    """For how many seconds the cluster of this process may stay as it is; None: as long as it likes."""
    states = [_state(pid) for pid in _family(leader)]
    if "T" in states:
        return STOPPED_FOR_S
    living = [state for state in states if state not in "ZX"]  # who hangs does not bury its dead
    return ALONE_FOR_S if len(living) == 1 else None


def _family(leader: int) -> list[int]:
    family = [leader]
    for pid in family:  # grows while it is read
        with suppress(OSError):
            family += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return family


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"
