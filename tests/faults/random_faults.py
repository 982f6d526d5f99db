"""Faults at random moments: processes are killed, asked to end or frozen; cables and the database go and come back."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from signal import Signals

from tests.faults.fault_station import FaultStation
from tests.installations import alive
from tests.system.running_station import RunningStation

KILL, TERM, STOP = signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP
# How often each is chosen, beside the others. Whoever is frozen is replaced by somebody, or the soak would stand still.
SIGNALS: dict[tuple[str, Signals], int] = {
    ("runner", KILL): 6,
    ("runner", TERM): 3,
    ("guard", KILL): 5,
    ("guard", TERM): 2,
    ("guard", STOP): 2,
    ("supervisor", KILL): 5,
    ("supervisor", TERM): 2,
    ("supervisor", STOP): 2,
    ("cluster", KILL): 2,
    ("cluster", TERM): 1,
    ("cluster", STOP): 1,
    ("housekeeping", KILL): 2,
    ("housekeeping", STOP): 1,
    ("web", KILL): 3,
    ("web", TERM): 1,
    ("warden", KILL): 1,
    ("warden", STOP): 1,
}
UNPLUGGED_S, AWAY_S = (0.5, 3.0), (1.0, 5.0)


def send(station: RunningStation, who: str, number: int, slot: str) -> bool:
    """Send a signal to a part, to a cluster as a whole; False when it is not there just now."""
    pid = station.pid(who, slot)
    if pid is None or not alive(pid):
        return False
    try:
        (os.killpg if who == "cluster" else os.kill)(pid, number)
    except ProcessLookupError:
        return False
    return True


class RandomFaults:
    """Chooses by the dice, does it, and undoes in time what does not heal by itself. Counts what it did."""

    def __init__(
        self, station: FaultStation, dice: random.Random, only: Sequence[str] = (), each: int | None = None
    ) -> None:
        """`only`: some kinds, equally often. `each`: a kind that has struck so often is not chosen any more."""
        self.station, self.dice, self.each = station, dice, each
        self.done: Counter[str] = Counter()
        self._undo: list[tuple[float, Callable[[], object]]] = []
        self._away: AbstractContextManager[None] | None = None
        known: dict[str, tuple[int, Callable[[], bool]]] = {
            f"{who}-{number.name}": (weight, self._signal(who, number)) for (who, number), weight in SIGNALS.items()
        }
        known |= {"unplugged": (4, self._unplug), "database-away": (2, self._take_database)}
        self.known = {name: (1, known[name][1]) for name in only} if only else known

    def strike(self) -> None:
        """One fault; nothing, when whom it should hit is not there just now."""
        left = [name for name in self.known if self.each is None or self.done[name] < self.each]
        if not left:
            return
        name = self.dice.choices(left, [self.known[name][0] for name in left])[0]
        if self.known[name][1]():
            self.done[name] += 1

    @property
    def over(self) -> bool:
        return self.each is not None and all(self.done[name] >= self.each for name in self.known)

    def heal(self, *, all_of_it: bool = False) -> None:
        """Undo what is due."""
        due = [entry for entry in self._undo if all_of_it or entry[0] <= time.monotonic()]
        for entry in due:
            self._undo.remove(entry)
            entry[1]()

    @property
    def database_is_away(self) -> bool:
        return self._away is not None

    def _signal(self, who: str, number: Signals) -> Callable[[], bool]:
        return lambda: send(self.station, who, number, self.dice.choice(self.station.slots))

    def _unplug(self) -> bool:
        name = self.dice.choice(sorted(self.station.bench.instruments))
        self.station.bench.fault(name, "unplug")
        self._later(UNPLUGGED_S, lambda: self.station.bench.fault(name, "replug"))
        return True

    def _take_database(self) -> bool:
        if self._away is not None:
            return False
        self._away = self.station.without_database()
        self._away.__enter__()
        self._later(AWAY_S, self._give_database_back)
        return True

    def _give_database_back(self) -> None:
        away, self._away = self._away, None
        if away is not None:
            away.__exit__(None, None, None)

    def _later(self, within_s: tuple[float, float], act: Callable[[], object]) -> None:
        self._undo.append((time.monotonic() + self.dice.uniform(*within_s), act))
