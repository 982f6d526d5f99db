"""The matrix as data: what has to become of each activity at each ending, or why the two do not go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.faults.activities import ACTIVITIES, Activity
from tests.faults.endings import ENDINGS, Ending

GRACE_S = 1.0  # of the sequence: from a stop to SIGTERM

TEARDOWN, RUNNER, GUARD, EITHER = "teardown", "runner", "guard", "runner or guard"


@dataclass(frozen=True)
class Expected:
    """`cut`: what becomes of the running step; `off_s`, `row_s`: promises, counted from the ending."""

    state: str
    outcome: str
    cut: str
    off_by: str
    off_s: float | None = None
    row_s: float | None = None
    unsafe: bool = False  # the slot, until its instrument answers again and somebody clears it
    steps: Mapping[str, str] = field(default_factory=dict)  # where they do not follow from the rest

    def outcomes(self, activity: Activity, ending: Ending) -> dict[str, str]:
        """Of all steps: before the running one all passed, after it only the teardown runs, if it may."""
        running = activity.step(hurried=ending.hurried)
        torn_down = "PASS" if self.off_by == TEARDOWN else "SKIPPED"
        judged = "PASS" if activity.in_teardown or self.cut == "PASS" else "SKIPPED"
        places = ["switch_on", "judge", running] if activity.in_teardown else ["switch_on", running, "judge"]
        known = {"switch_on": "PASS", "judge": judged, running: self.cut}
        return {**{name: known[name] for name in places}, "switch_off": torn_down, **self.steps}


@dataclass(frozen=True)
class Cell:
    ending: Ending
    activity: Activity
    expected: Expected

    @property
    def name(self) -> str:
        return f"{self.ending.name}-{self.activity.name}"

    @property
    def runs_on(self) -> bool:
        """Nothing is cut short: OFF comes when the run would have switched off anyhow."""
        return self.expected.cut == "PASS" and not self.expected.unsafe


PYTHON = ("begin", "sleep", "loop", "read", "pause", "prompt")  # what a signal reaches in the middle of main
HANGS = ("deadlock", "stuck-teardown")
IN_TEARDOWN = ("teardown", "stuck-teardown")
EVERYWHERE = (*PYTHON, "deadlock", *IN_TEARDOWN)

UNTOUCHED = Expected("COMPLETED", "PASS", "PASS", TEARDOWN)


def stopped(off_s: float) -> Expected:
    return Expected("STOPPED", "NONE", "NONE", TEARDOWN, off_s)


def killed_after_grace() -> Expected:
    return Expected("ABORTED", "NONE", "NONE", GUARD, GRACE_S + 1.5)


AS_A_STOP = {
    ("begin", "sleep", "loop", "pause", "prompt"): stopped(0.5),
    ("read",): stopped(1.5),
    ("deadlock", *IN_TEARDOWN): killed_after_grace(),
}
TABLE: dict[str, dict[tuple[str, ...], Expected]] = {
    "timeout": {
        ("begin", "sleep", "loop", "read", "prompt", "teardown"): Expected(
            "FAILED", "TIMEOUT", "TIMEOUT", TEARDOWN, 1.5
        ),
        HANGS: Expected("FAILED", "TIMEOUT", "TIMEOUT", GUARD, 2.5),
    },
    "stop": AS_A_STOP,
    "emergency": {EVERYWHERE: Expected("ABORTED", "NONE", "NONE", GUARD, 0.5)},
    "runner-SIGTERM": {
        ("begin", "sleep", "loop", "pause", "prompt"): stopped(0.5),
        ("read",): stopped(1.5),
        ("deadlock",): stopped(4.5),  # heard when the library returns
        IN_TEARDOWN: UNTOUCHED,  # nothing is left to stop
    },
    "runner-SIGKILL": {EVERYWHERE: Expected("CRASHED", "ERROR", "ERROR", GUARD, 0.5, 2.0)},
    "guard-SIGTERM": AS_A_STOP,
    "guard-SIGKILL": {EVERYWHERE: Expected("CRASHED", "ERROR", "ERROR", EITHER, 0.5)},
    "guard-SIGSTOP": {EVERYWHERE: Expected("CRASHED", "ERROR", "ERROR", EITHER, 2.5)},
    "warden-SIGTERM": AS_A_STOP,
    "warden-SIGKILL": {EVERYWHERE: Expected("CRASHED", "ERROR", "ERROR", GUARD, 0.5)},
    "warden-SIGSTOP": {EVERYWHERE: Expected("CRASHED", "ERROR", "ERROR", GUARD, 2.5)},
    "everything-SIGKILL": {EVERYWHERE: Expected("CRASHED", "ERROR", "ERROR", GUARD)},  # first of all at the next start
    # Lines that find no room are written when there is some; the next step of main finds that there is none.
    "disk-full": {
        ("begin", "sleep", "loop", "read", "pause", "deadlock"): Expected(
            "FAILED", "ERROR", "PASS", TEARDOWN, steps={"judge": "ERROR"}
        ),
        ("prompt",): Expected("FAILED", "ERROR", "ERROR", TEARDOWN),  # an answer that is not written down does not hold
        IN_TEARDOWN: Expected("FAILED", "ERROR", "PASS", TEARDOWN),
    },
    "meter-unplugged": {
        ("begin", "sleep", "deadlock", "loop", "pause", "prompt"): Expected(
            "FAILED", "ERROR", "PASS", TEARDOWN, steps={"judge": "ERROR"}
        ),
        ("read",): Expected("FAILED", "ERROR", "ERROR", TEARDOWN),
    },
    "supply-unplugged": {
        EVERYWHERE: Expected("FAILED", "ERROR", "PASS", GUARD, 3.0, unsafe=True, steps={"switch_off": "ERROR"})
    },
}
SURVIVED = [ending.name for ending in ENDINGS if ending.goes_on and ending.name not in TABLE]
TABLE |= {name: {EVERYWHERE: UNTOUCHED} for name in SURVIVED}

NO_SENSE = {
    ("timeout", "pause"): "the clock of a step stands still while its batch is paused",
    ("meter-unplugged", "teardown"): "nobody asks that instrument any more",
    ("meter-unplugged", "stuck-teardown"): "nobody asks that instrument any more",
}


def all_cells() -> list[Cell]:
    """In the order of the tables."""
    by_name = {
        (ending, activity): expected
        for ending, row in TABLE.items()
        for activities, expected in row.items()
        for activity in activities
    }
    return [
        Cell(ending, activity, by_name[ending.name, activity.name])
        for ending in ENDINGS
        for activity in ACTIVITIES
        if (ending.name, activity.name) in by_name
    ]
