"""What a run takes over from an earlier one of the same sequence: steps that do not run again, and saved values."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from sequences.outcomes import Outcome
from sequences.plan import Group
from stations.contracts import Carried, CarriedSteps

FINISHED = (Outcome.PASS, Outcome.FAIL, Outcome.SKIPPED)


class CarriedOver:
    """Indexes of carried steps, kept as ranges: a repeated step may have a million of them."""

    def __init__(self, carried: Carried | None = None) -> None:
        self.saved = carried["saved"] if carried else {}
        self._steps = sorted(carried["steps"], key=lambda steps: steps["first"]) if carried else []
        self._firsts = [steps["first"] for steps in self._steps]

    def __bool__(self) -> bool:
        return bool(self._steps)

    def __contains__(self, index: int) -> bool:
        place = bisect_right(self._firsts, index) - 1
        return place >= 0 and index <= self._steps[place]["last"]

    def __iter__(self) -> Iterator[CarriedSteps]:
        return iter(self._steps)

    def within(self, indexes: range) -> int:
        """How many of `indexes` are carried over."""
        return sum(len(overlap(steps, indexes)) for steps in self._steps)

    def check(self, plan: Group) -> None:
        """Raises ValueError, in a sentence with its remedy, when these steps cannot be those of the plan."""
        places = plan.main_indexes
        for steps in self._steps:
            if not places.start <= steps["first"] <= steps["last"] < places.stop:
                raise ValueError(f"{_shown(steps)}, where the plan has no main steps. {REMEDY}")
            if steps["outcome"] not in FINISHED:
                raise ValueError(f"{_shown(steps)} with {steps['outcome']}, as if they had been judged. {REMEDY}")
        for group in (item for item in plan.main if isinstance(item, Group)):
            if self.within(group.indexes) not in (0, len(group.indexes)):
                raise ValueError(f"Some steps of group '{group.name}' are carried over, but not all. {REMEDY}")
        for before, after in pairwise(self._steps):
            if after["first"] <= before["last"]:
                raise ValueError(f"{_shown(after)} twice. {REMEDY}")


REMEDY = "The sequence has changed since the run that this one goes on from: run it again from its beginning."


def overlap(steps: CarriedSteps, indexes: range) -> range:
    return range(max(steps["first"], indexes.start), min(steps["last"] + 1, indexes.stop))


def _shown(steps: CarriedSteps) -> str:
    return f"Steps {steps['first']} to {steps['last']} are carried over"
