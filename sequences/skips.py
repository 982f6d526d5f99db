"""Which steps somebody wants skipped. Kept by index, so that a wish that comes late hits nothing else."""

from __future__ import annotations

from sequences.carrying import CarriedOver
from sequences.interrupts import SkipRequested
from sequences.plan import Group
from stations.contracts import Wish


class Skips:
    """Marks of steps to come, and of the one that runs now."""

    def __init__(self, plan: Group, carried: CarriedOver) -> None:
        self._plan = plan
        self._carried = carried
        self._marked: dict[int, Wish] = {}
        self._running: int | None = None
        self._begun = 0  # every index below it has had its turn

    def refusal(self, index: int) -> str | None:
        """Why the step at `index` cannot be skipped any more, or at all."""
        if index not in range(self._plan.total_steps):
            return f"the plan has no step {index}"
        if self._plan.step_at(index).group != "main":
            return "setup and teardown are not skipped"
        if index in self._marked:
            return "the step is being skipped"
        had_its_turn = index < self._begun and index != self._running
        return "the step has ended" if had_its_turn or index in self._carried else None

    def mark(self, wish: Wish) -> None:
        self._marked[wish["step"]] = wish

    def name(self, index: int) -> str:
        return self._plan.step_at(index).name

    def is_running(self, index: int) -> bool:
        return index == self._running

    def leave(self) -> None:
        """Raises SkipRequested when the running step is to be left."""
        if self._running is not None and self._running in self._marked:
            raise SkipRequested(self._marked[self._running]["reason"])

    def begin(self, index: int) -> SkipRequested | None:
        """A step has its turn. Returns the reason for which it does not run, if there is one."""
        self._begun = index + 1
        wish = self._marked.pop(index, None)
        self._running = index if wish is None else None
        return None if wish is None else SkipRequested(wish["reason"])

    def end(self) -> Wish | None:
        """The running step is over. Returns the wish that it be skipped, if there was one."""
        running, self._running = self._running, None
        return None if running is None else self._marked.pop(running, None)
