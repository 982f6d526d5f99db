"""States as snapshots: computed once for everybody who watches, at most twice a second, told only when changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from control.history.overview import read_overview
from control.history.slots import read_slots
from control.history.unsafe import read_unsafe
from control.journal.kinds import ALERTS, BOARD
from control.lifecycle.doorbell import SAFETY_BELL
from control.live import wire

# What rings when a state may have changed. Progress rings nothing that all could listen to: it is looked for.
BELLS = frozenset({BOARD, ALERTS, SAFETY_BELL})
LEAST_S = 0.5
IDLE_S = 1.0  # between two looks while nothing runs
CLOCK_S = 1.0  # what changes with the time alone goes out this often

_CLOCK = ("elapsed_s", "seconds_left")
_READ: dict[str, Callable[[], Any]] = {
    "overview": lambda: read_overview(timezone.now()),
    "slots": read_slots,
    "unsafe": read_unsafe,
}


class Snapshot:
    """One state: its latest frame, and when to look again. Lives in the watcher's thread."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.rung = False  # one of its bells, since the last look
        self._data: Any = None  # as it was told last
        self._busy = False
        self._looked_at = self._told_at = -LEAST_S

    def due_at(self) -> float:
        """When (monotonic) to look again."""
        return self._looked_at + (LEAST_S if self._busy or self.rung else IDLE_S)

    def is_fresh(self) -> bool:
        return time.monotonic() < self._looked_at + LEAST_S

    def look(self) -> bool:
        """Compute it anew; whether that is worth telling."""
        data = _READ[self.name]()
        now = self._looked_at = time.monotonic()
        self.rung = False
        self._busy = _is_busy(data)
        only_time_passed = without_clock(data) == without_clock(self._data)
        if data == self._data or (only_time_passed and now < self._told_at + CLOCK_S):
            return False
        self._data, self._told_at = data, now
        self.text = wire.snap_frame(self.name, data)
        return True


def without_clock(value: Any) -> Any:
    """The same facts without what changes with the time alone."""
    if isinstance(value, dict):
        return {name: without_clock(part) for name, part in value.items() if name not in _CLOCK}
    return [without_clock(part) for part in value] if isinstance(value, list) else value


def _is_busy(data: Any) -> bool:
    """Whether something runs, whose progress rings no bell here."""
    slots = data["slots"] if isinstance(data, dict) else data
    return any(slot.get("batch") for slot in slots)
