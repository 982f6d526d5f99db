"""What has become of each step and group so far, by name: what `run.outcomes` and dependencies look at."""

from __future__ import annotations

from collections.abc import Iterable

from sequences.contracts import NOT_NEEDED, SKIPPED_BY_REQUEST
from sequences.outcomes import SEVERITY, Outcome

# Left out for a reason that takes nothing from the whole: below PASS. Every other SKIPPED, and NONE, are above it,
# because something was not done that should have been.
_HARMLESS = (NOT_NEEDED, SKIPPED_BY_REQUEST)
_ABOVE_PASS = {Outcome.SKIPPED: SEVERITY[Outcome.PASS] + 0.1, Outcome.NONE: SEVERITY[Outcome.PASS] + 0.2}


def _weight(outcome: Outcome, message: str) -> float:
    if outcome is Outcome.SKIPPED and message.startswith(_HARMLESS):
        return 0.0
    return _ABOVE_PASS.get(outcome, float(SEVERITY[outcome]))


class Ledger:
    """The worst of all repetitions of a step, and of all steps of a group."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._weights: dict[str, float] = {}

    def note(self, name: str, outcome: Outcome, message: str = "") -> None:
        self._take(name, outcome, _weight(outcome, message))

    def sum_up(self, group: str, members: Iterable[str]) -> None:
        """The group is over: as good as the worst of its members that have an outcome."""
        known = [name for name in members if name in self.outcomes]
        self._take(group, Outcome.SKIPPED, 0.0)
        for name in known:
            self._take(group, self.outcomes[name], self._weights[name])

    def _take(self, name: str, outcome: Outcome, weight: float) -> None:
        if weight >= self._weights.get(name, -1.0):
            self.outcomes[name], self._weights[name] = outcome, weight
