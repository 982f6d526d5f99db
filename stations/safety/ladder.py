"""The rungs by which a run is ended: ask, insist, kill. Knows times only; somebody else sends the signals."""

from __future__ import annotations

from enum import StrEnum
from math import inf

from stations.contracts import Ending, Wish


class Rung(StrEnum):
    INTERRUPT = "interrupt"  # the wish, and a signal that reaches sleeps, Python loops and Python I/O
    TERMINATE = "terminate"  # SIGTERM: the same request once more, for a runner that missed the first
    KILL = "kill"  # SIGKILL: nothing can refuse it


class Ladder:
    """One wish to end on its way from asking to killing. `due` (monotonic) is when the next rung is to be taken."""

    def __init__(self, wish: Wish, ending: Ending, *, grace_s: float, term_grace_s: float, now: float) -> None:
        self.ending = ending  # of a run that has to be killed
        self.wish = wish
        self.due = now
        self._rungs = [(Rung.INTERRUPT, grace_s), (Rung.TERMINATE, term_grace_s), (Rung.KILL, inf)]

    def climb(self, now: float) -> Rung:
        """The rung to take now."""
        rung, patience_s = self._rungs.pop(0)
        self.due = now + patience_s
        return rung
