"""Whether a step or a group runs at all: gates, dependencies, branches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sequences.contracts import DEPENDS_ON, NOT_NEEDED
from sequences.outcomes import Outcome

if TYPE_CHECKING:
    from sequences.run import Run

# How a step is spoken of that did not pass.
VERBS = {
    Outcome.FAIL: "failed",
    Outcome.TIMEOUT: "timed out",
    Outcome.ERROR: "ended with an error",
    Outcome.SKIPPED: "was skipped",
    Outcome.NONE: "was cut short",
}


@dataclass(frozen=True)
class Condition:
    """What must hold for a step or a group to run.

    `run_if`: the name of a boolean parameter, or a function of the run. `depends_on`: names of steps and groups before
    it that must have passed. `gate`: nothing may have failed so far.
    """

    run_if: str | Callable[[Run], Any] | None = None
    depends_on: tuple[str, ...] = ()
    gate: bool = False

    def unmet_dependency(self, outcomes: Mapping[str, Outcome]) -> str | None:
        """Why it does not run, if what it depends on did not pass."""
        for name in self.depends_on:
            outcome = outcomes.get(name, Outcome.SKIPPED)
            if outcome is not Outcome.PASS:
                return f"{DEPENDS_ON} '{name}', which {VERBS[outcome]}"
        return None

    def not_needed(self, run: Run) -> str | None:
        """Why it does not run, if its branch is not taken. Raises whatever the author's function raises."""
        if self.run_if is None:
            return None
        if isinstance(self.run_if, str):
            return None if getattr(run.parameters, self.run_if) else f"{NOT_NEEDED}: '{self.run_if}' is off"
        return None if self.run_if(run) else f"{NOT_NEEDED} in this run"


ALWAYS = Condition()
