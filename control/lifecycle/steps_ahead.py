"""The steps of a plan by their place, and which of them are still ahead of a running batch."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from control.lifecycle.refusals import BadValue, UnknownName, WrongState
from control.models import Batch, Step
from control.states import StepState
from sequences.contracts import PlannedStep

MAIN = "main"


def find_step_ahead(batch: Batch, step: int | str | None) -> dict[str, Any]:
    """Return index and name of a step that can still be skipped; None: of the one that runs, else of the next one.

    Raises WrongState before the first step and for one that is over, UnknownName or BadValue for one that is not ahead.
    """
    if not batch.plan:
        raise WrongState(_("The batch is still being prepared: its steps are not known yet. Try again in a moment."))
    index = _current(batch) if step is None else place_of(batch, step)
    planned = planned_at(batch, index)
    if planned["group"] != MAIN:
        raise BadValue(
            _("Step '%(name)s' belongs to the %(group)s, which is never skipped. Stop the batch instead.")
            % {"name": planned["name"], "group": planned["group"]},
            field="step",
        )
    if Step.objects.filter(batch=batch, index=index, state=StepState.ENDED, retrying=False).exists():
        raise WrongState(_("Step '%(name)s' is over, it cannot be skipped any more.") % {"name": planned["name"]})
    return {"step": index, "name": planned["name"]}


def place_of(batch: Batch, step: int | str) -> int:
    """The index of a step, given as such or as its name: of a repeated one its first. Raises UnknownName."""
    if isinstance(step, int):
        if any(index == step for planned in batch.plan for index in _indexes(planned)):
            return step
        raise UnknownName("step", str(step), [planned["name"] for planned in batch.plan])
    for planned in batch.plan:
        if planned["name"] == step:
            return int(planned["index"])
    raise UnknownName("step", step, [planned["name"] for planned in batch.plan])


def planned_at(batch: Batch, index: int) -> PlannedStep:
    """The planned step that takes up this place."""
    return next(planned for planned in batch.plan if index in _indexes(planned))


def main_places(batch: Batch) -> list[tuple[int, PlannedStep]]:
    """Every place of the main part, a repeated step with each of its repetitions, a nested group with all its steps."""
    mains = (planned for planned in batch.plan if planned["group"] == MAIN or planned.get("within"))
    return [(index, planned) for planned in mains for index in _indexes(planned)]


def places_taken_over(batch: Batch) -> set[int]:
    """The places of the plan that it took over as finished from the batch that it goes on from."""
    taken = (batch.carried or {}).get("steps", [])
    return {place for steps in taken for place in range(steps["first"], steps["last"] + 1)}


def _current(batch: Batch) -> int:
    running = Step.objects.filter(batch=batch, state=StepState.RUNNING).order_by("-index").first()
    if running is not None:
        return running.index
    over = set(Step.objects.filter(batch=batch, state=StepState.ENDED).values_list("index", flat=True))
    ahead = [index for index, planned in main_places(batch) if index not in over and planned["group"] == MAIN]
    if not ahead:
        raise WrongState(_("No step is left to skip."))
    return ahead[0]


def _indexes(planned: PlannedStep) -> range:
    return range(planned["index"], planned["index"] + planned["repeat"])
