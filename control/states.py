"""The states of a batch and of a step, and the tables of their moves. A leaf: knows no row and no process."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sequences.outcomes import Outcome
from stations.contracts import Ending, Verdict


class State(models.TextChoices):
    """Where a batch stands. Never merged with its outcome."""

    QUEUED = "QUEUED", _("Queued")
    RUNNING = "RUNNING", _("Running")
    PAUSED = "PAUSED", _("Paused")
    COMPLETED = "COMPLETED", _("Completed")
    FAILED = "FAILED", _("Failed")
    STOPPED = "STOPPED", _("Stopped")
    ABORTED = "ABORTED", _("Aborted")
    CRASHED = "CRASHED", _("Crashed")


ACTIVE = (State.RUNNING, State.PAUSED)
LIVE = (State.QUEUED, *ACTIVE)
TERMINAL = (State.COMPLETED, State.FAILED, State.STOPPED, State.ABORTED, State.CRASHED)

ALLOWED_MOVES: dict[State, tuple[State, ...]] = {
    State.QUEUED: (State.RUNNING, State.FAILED, State.STOPPED, State.ABORTED),
    State.RUNNING: (State.PAUSED, *TERMINAL),
    State.PAUSED: (State.RUNNING, *TERMINAL),
    **{state: () for state in TERMINAL},
}


class StepState(models.TextChoices):
    PENDING = "PENDING", _("Pending")
    RUNNING = "RUNNING", _("Running")
    ENDED = "ENDED", _("Ended")


class StepOutcome(models.TextChoices):
    """The engine's outcomes, with their words for people."""

    NONE = Outcome.NONE.value, _("None")
    SKIPPED = Outcome.SKIPPED.value, _("Skipped")
    PASS = Outcome.PASS.value, _("Pass")
    FAIL = Outcome.FAIL.value, _("Fail")
    TIMEOUT = Outcome.TIMEOUT.value, _("Timeout")
    ERROR = Outcome.ERROR.value, _("Error")


class SlotState(models.TextChoices):
    """What a slot is doing. The first one that applies, from UNSAFE on, is shown."""

    UNSAFE = "UNSAFE", _("Unsafe")
    LATCHED = "LATCHED", _("Latched")
    MANUAL = "MANUAL", _("Driven by hand")
    OUT_OF_SERVICE = "OUT_OF_SERVICE", _("Out of service")
    BUSY = "BUSY", _("Busy")
    IDLE = "IDLE", _("Idle")


class InstrumentState(models.TextChoices):
    """Whether an instrument can be used, as it was found when it was looked for last."""

    PRESENT = "PRESENT", _("Present")
    ABSENT = "ABSENT", _("Absent")
    PROBLEM = "PROBLEM", _("Problem")  # it answers, but is another one than expected, or not well
    UNKNOWN = "UNKNOWN", _("Unknown")


class Control(models.TextChoices):
    """What somebody can ask of a batch."""

    PAUSE = "pause", _("Pause")
    RESUME = "resume", _("Resume")
    STOP = "stop", _("Stop")
    SKIP = "skip", _("Skip a step")
    SETTINGS = "settings", _("Change settings")
    RESTART = "restart", _("Restart")
    RERUN = "rerun", _("Run again")


# Which controls a state accepts. What is missing is refused with the state and the remedy.
ALLOWED_CONTROLS: dict[State, tuple[Control, ...]] = {
    State.QUEUED: (Control.STOP,),
    State.RUNNING: (Control.PAUSE, Control.STOP, Control.SKIP, Control.SETTINGS, Control.RESTART),
    State.PAUSED: (Control.RESUME, Control.STOP, Control.SKIP, Control.SETTINGS, Control.RESTART),
    State.COMPLETED: (Control.RERUN,),
    State.FAILED: (Control.RERUN,),
    State.STOPPED: (Control.RESUME, Control.RERUN),  # by a new batch that goes on where this one ended
    State.ABORTED: (Control.RERUN,),
    State.CRASHED: (Control.RESUME, Control.RERUN),
}

_VERDICTS = {"completed": State.COMPLETED, "failed": State.FAILED, "stopped": State.STOPPED}

# How a run that its own verdict does not describe has ended, and what becomes of the step that it cut short.
_ENDINGS: dict[Ending, tuple[State, Outcome, Outcome]] = {
    Ending.STOP_EXPIRED: (State.ABORTED, Outcome.NONE, Outcome.NONE),
    Ending.EMERGENCY: (State.ABORTED, Outcome.NONE, Outcome.NONE),
    Ending.TIMEOUT: (State.FAILED, Outcome.TIMEOUT, Outcome.TIMEOUT),
    Ending.LIMIT: (State.FAILED, Outcome.ERROR, Outcome.ERROR),
    Ending.CRASHED: (State.CRASHED, Outcome.ERROR, Outcome.ERROR),
    Ending.GUARD_LOST: (State.CRASHED, Outcome.ERROR, Outcome.ERROR),
    Ending.WARDEN_LOST: (State.CRASHED, Outcome.ERROR, Outcome.ERROR),
    Ending.LOST: (State.CRASHED, Outcome.ERROR, Outcome.ERROR),
}


def settle(ending: Ending, verdict: Verdict | None) -> tuple[State, Outcome, Outcome]:
    """Return state and outcome of a batch that is over, and the outcome of a step that it left unfinished.

    A verdict counts only when the runner lived to its orderly end: `Ending.FINISHED`.
    """
    if ending is not Ending.FINISHED:
        return _ENDINGS[ending]
    if verdict is None:
        return _ENDINGS[Ending.CRASHED]
    return _VERDICTS[verdict["ending"]], Outcome(verdict["outcome"]), Outcome.NONE
