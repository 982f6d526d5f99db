"""What the script of a batch's page says to people, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from control.models import Batch, ControlEvent, ErrorLog
from control.states import State, StepOutcome, StepState

Words = dict[str, object]


def batch_words() -> Words:
    return {**_labels(), **_header(), **_steps(), **_measurements(), **_controls(), **_log(), "copied": _("Copied")}


def priority_word(name: str) -> str:
    return str(Batch.Priority[name].label)


def limits_text(bounds: Mapping[str, Any]) -> str:
    """Declared limits as a person writes them: `3.2 … 3.4 V, comfortable 3.25 … 3.35 V`."""
    unit = bounds.get("unit", "")
    hard = _range(bounds.get("minimum"), bounds.get("maximum"), unit)
    if "equals" in bounds:
        hard = f"= {bounds['equals']}"
    elif "one_of" in bounds:
        hard = _("one of %(values)s") % {"values": ", ".join(map(str, bounds["one_of"]))}
    soft = _range(bounds.get("marginal_minimum"), bounds.get("marginal_maximum"), unit)
    comfortable = _("comfortable %(band)s") % {"band": soft} if soft else ""
    return ", ".join(filter(None, [hard, comfortable]))


def _range(low: float | None, high: float | None, unit: str) -> str:
    if low is not None and high is not None:
        return f"{low:g} … {high:g} {unit}".strip()
    if low is not None:
        return f"≥ {low:g} {unit}".strip()
    return f"≤ {high:g} {unit}".strip() if high is not None else ""


def _labels() -> Words:
    return {
        "states": {state.value: str(state.label) for state in State},
        "outcomes": {outcome.value: str(outcome.label) for outcome in StepOutcome},
        "step_states": {state.value: str(state.label) for state in StepState},
        "categories": {category.value: str(category.label) for category in ErrorLog.Category},
        "kinds": {kind.value: str(kind.label) for kind in ControlEvent.Kind},
        "faces": {face.value: str(face.label) for face in ControlEvent.Face},
        "groups": {"setup": _("Setup"), "main": _("Main"), "teardown": _("Teardown")},
        "marginal": _("Marginal"),
    }


def _header() -> Words:
    return {
        "any_lane": _("any lane"),
        "outcome_marginal": _("%(outcome)s, marginal"),
        "preparing": _("Preparing"),
        "next_on_slot": _("Next on %(slot)s"),
        "next_on_lane": _("Next on a free lane"),
        "waits_on_slot": _("Waits for %(slot)s"),
        "waits_on_lane": _("Waits for a lane"),
        "ahead_on_slot": _("Waits for %(slot)s. Ahead of it: %(count)s"),
        "ahead_on_lane": _("Waits for a lane. Ahead of it: %(count)s"),
        "steps_done": _("%(done)s of %(total)s steps"),
        "retried": _("Tried again %(count)s"),
        "time_left": _("about %(time)s left"),
        "cause": _("First failure: %(step)s"),
        "error_so_far": _("An error has happened. The run goes on to its teardown."),
        "verdicts": _verdicts(),
        "safe": _("Safe state confirmed: %(instruments)s"),
        "not_safe": _("SAFE STATE NOT CONFIRMED: %(problems)s"),
        "traceback": _("Traceback"),
        "newest_errors": _("The newest %(count)s of %(total)s errors."),
    }


def _verdicts() -> Words:
    """By state and outcome; what has none of its own is told by its state."""
    return {
        "COMPLETED.PASS": _("Passed: every step ran and every limit held."),
        "COMPLETED.FAIL": _("Failed: the subject did not pass."),
        "MARGINAL": _("Passed, but marginal: a value is inside its limits and outside its comfortable band."),
        "COMPLETED": _("The run went to its end."),
        "FAILED.TIMEOUT": _("Ended by a timeout: the subject could not be judged."),
        "FAILED": _("Ended by an error: the subject could not be judged."),
        "STOPPED": _("Stopped on request."),
        "ABORTED": _("Aborted: the run was ended by force."),
        "CRASHED": _("Crashed: the run died, the subject could not be judged."),
    }


def _steps() -> Words:
    return {
        "attempt": _("attempt %(number)s"),
        "earlier_attempts": _("Earlier attempts: %(count)s"),
        "cut_short": _("Cut short"),
        "in_and_out": _("%(taken)s in, %(given)s out"),
        "more_measurements": _("More measurements: %(count)s"),
        "hidden_steps": _("Older attempts that are not shown here: %(count)s."),
    }


def _measurements() -> Words:
    return {
        "yes": _("yes"),
        "no": _("no"),
        "value_elsewhere": _("not loaded yet"),
        "points": _("%(count)s points"),
        "one_of": _("one of %(values)s"),
        "comfortable": _("comfortable %(band)s"),
        "first_rows": _("First %(count)s of %(total)s rows"),
        "all_rows": _("Rows"),
        "curve_of": _("Curve %(name)s: %(x)s from %(from)s to %(to)s, %(y)s from %(low)s to %(high)s"),
    }


def _controls() -> Words:
    return {
        "control_by": _("%(what)s: %(by)s, %(face)s"),
        "control_of_scope": _("%(what)s of %(scope)s: %(by)s, %(face)s"),
        "times": {
            "requested": _("requested %(time)s"),
            "delivered": _("delivered %(time)s"),
            "obeyed": _("obeyed %(time)s"),
        },
        "not_yet": "–",
    }


def _log() -> Words:
    return {
        "lines_received": _("Events received: %(count)s"),
        "new_lines": _("New lines: %(count)s"),
        "step_ended": _("%(step)s (attempt %(attempt)s): %(outcome)s"),
        "batch_started": _("The run has begun."),
        "batch_paused": _("Paused"),
        "batch_resumed": _("Resumed"),
        "batch_ended": _("The run is over."),
        "batch_ended_with": _("The run is over: %(message)s"),
        "rungs": {
            "interrupt": _("The runner is asked to stop."),
            "terminate": _("The runner did not stop and is asked once more."),
            "kill": _("The runner is killed."),
        },
    }
