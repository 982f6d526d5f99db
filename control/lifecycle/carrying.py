"""What a new batch takes over from the one that it goes on from: finished steps and saved values, from a point on at
which the sequence can be taken up again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from control.journal.kinds import Kind
from control.journal.overflow import full_data
from control.lifecycle.refusals import WrongState
from control.lifecycle.steps_ahead import main_places, place_of, planned_at
from control.models import Batch, Event, Step
from control.states import StepOutcome
from sequences.contracts import LEFT_OUT, NOT_NEEDED, SKIPPED_BY_REQUEST, PlannedStep
from stations.contracts import Carried, CarriedSteps

# Bytes of what a job holds, beside the instruments of its slot: it travels to its guard in one datagram.
JOB_LIMIT = 180 * 1024
_JUDGED = (StepOutcome.PASS, StepOutcome.FAIL)


@dataclass(frozen=True)
class _Main:
    """A place in the main part of a plan, and what became of it."""

    index: int
    planned: PlannedStep
    step: Step | None
    finished: bool  # judged, or left out; of a nested group all steps are, or none
    passed: bool
    not_needed: bool

    @property
    def is_point(self) -> bool:
        """Whether a later run may begin here. A nested group begins with the first repetition of its first step."""
        first = not self.planned.get("within") or self.index == self.planned["index"]
        return bool(self.planned.get("resumable")) and first


def carry_to_resume(batch: Batch) -> Carried | None:
    """What a resumption takes over: all steps before the last resumable point. None: it begins at the first step.

    Raises WrongState when its sequence declares no such point in what was done, and it works on hardware.
    """
    mains = _mains(batch)
    on_bench = _has_instruments(batch)
    if not mains and (batch.carried or not on_bench):
        return batch.carried  # it never came to its first step: what it took over itself
    finished = next((place for place, main in enumerate(mains) if not main.finished), len(mains))
    if finished == len(mains) and not on_bench:
        return _carried(batch, mains, mains)  # only its teardown was cut short
    points = [place for place, main in enumerate(mains[: finished + 1]) if main.is_point]
    if points:
        cut_short = points[-1] == finished < len(mains) and not _finished(mains[finished].step)
        goes_on = mains[finished] if cut_short else None
        return _carried(batch, mains, mains[: points[-1]], goes_on)
    raise WrongState(
        _(
            "Sequence '%(name)s' declares no resumable point before the place at which this batch ended. "
            "Run it again from the beginning, or declare one: resumable, in its manifest or at a step."
        )
        % {"name": batch.sequence}
    )


def carry_to_repeat_failed(batch: Batch) -> Carried:
    """What a repetition of the failed steps takes over: all that passed. What was not needed is asked anew behind them.

    Raises WrongState when nothing failed, or the sequence cannot be taken up at a step that did.
    """
    mains = _mains(batch)
    failed = [main for main in mains if not main.passed]
    if not failed:
        raise WrongState(_("No step of this batch failed. Run all of it again, or from a step on."))
    begins = {
        main.index for before, main in zip([None, *mains], mains, strict=False) if before is None or before.passed
    }
    _check_resumable(main for main in failed if main.index in begins)
    asked_anew = {main.index for main in mains if main.not_needed and main.index > failed[0].index}
    return _carried(batch, mains, [main for main in mains if main.passed and main.index not in asked_anew])


def carry_from_step(batch: Batch, step: int | str) -> Carried:
    """What a repetition from a step on takes over: all before it.

    Raises UnknownName for no step of the plan, WrongState when one before it never finished or the sequence cannot be
    taken up there.
    """
    first = place_of(batch, step)
    mains = _mains(batch)
    begin = [main for main in mains if main.index == first]
    if not begin:
        raise WrongState(
            _("Step '%(name)s' is not one of the main steps: those of setup and teardown always run.")
            % {"name": planned_at(batch, first)["name"]}
        )
    before = [main for main in mains if main.index < first]
    for main in before:
        if not main.finished:
            raise WrongState(
                _("Step '%(name)s' comes before it and did not finish. Choose that one, or an earlier one.")
                % {"name": main.planned["name"]}
            )
    _check_resumable(begin)
    return _carried(batch, mains, before)


def _mains(batch: Batch) -> list[_Main]:
    """The main part of the plan, each place with its last attempt."""
    rows = Step.objects.filter(batch=batch, retrying=False).order_by("attempt")
    last = {step.index: step for step in rows.only("index", "outcome", "marginal", "message")}
    last |= {step.index: step for step in _taken_over(batch)}
    mains: list[_Main] = []
    for _unit, places in groupby(main_places(batch), _unit_of):
        found = [(index, planned, _row_of(last, index, planned)) for index, planned in places]
        rules = (_finished, _passed, _not_needed)
        finished, passed, not_needed = (all(holds(step) for _, _, step in found) for holds in rules)
        mains += [_Main(index, planned, step, finished, passed, not_needed) for index, planned, step in found]
    return mains


def _unit_of(place: tuple[int, PlannedStep]) -> str | int:
    """What a later run does as a whole or not at all: one place, or the outermost group around it."""
    index, planned = place
    return planned.get("within", "").partition("/")[0] or index


def _row_of(last: Mapping[int, Step], index: int, planned: PlannedStep) -> Step | None:
    """The row of a place. A repeated step that its sequence left out has one row for all its places."""
    first = last.get(planned["index"])
    for_all = first is not None and first.left_out and not first.skipped_by_request
    return last.get(index) or (first if for_all else None)


def _finished(step: Step | None) -> bool:
    return step is not None and (step.outcome in _JUDGED or step.left_out)


def _passed(step: Step | None) -> bool:
    """Whether its result stands: it passed, or its sequence did not need it. What nobody wanted is tried again."""
    return step is not None and (step.outcome == StepOutcome.PASS or _not_needed(step))


def _not_needed(step: Step | None) -> bool:
    return step is not None and step.left_out and step.message.startswith(NOT_NEEDED)


def _taken_over(batch: Batch) -> Iterator[Step]:
    """The steps that it took over itself: it may have ended before it could tell of them."""
    for steps in (batch.carried or {}).get("steps", []):
        outcome = StepOutcome(steps["outcome"])
        message = steps.get("reason", SKIPPED_BY_REQUEST) if outcome == StepOutcome.SKIPPED else ""
        for index in range(steps["first"], steps["last"] + 1):
            yield Step(index=index, outcome=outcome, marginal=steps["marginal"], message=message)


def _check_resumable(begins: Iterable[_Main]) -> None:
    for main in begins:
        if not main.is_point:
            raise WrongState(
                _(
                    "Step '%(name)s' is no resumable point of its sequence: what it needs is only there after the "
                    "steps before it. Run the batch again from the beginning, or declare the step resumable."
                )
                % {"name": main.planned["name"]}
            )


def _carried(batch: Batch, mains: Collection[_Main], taken: Collection[_Main], goes_on: _Main | None = None) -> Carried:
    """What becomes of `taken`. `goes_on`: the step that was cut short, if it is the first to run.

    Raises WrongState when it is more than a guard can be told.
    """
    ranges: list[CarriedSteps] = []
    for main in taken:
        outcome = main.step.outcome if main.step else StepOutcome.SKIPPED
        marginal = bool(main.step and main.step.marginal)
        last = ranges[-1] if ranges else None
        told = CarriedSteps(first=main.index, last=main.index, outcome=outcome, marginal=marginal)
        if main.step and main.step.left_out:
            told["reason"] = next(reason for reason in LEFT_OUT if main.step.message.startswith(reason))
        if last and last == {**told, "first": last["first"], "last": main.index - 1}:
            last["last"] = main.index
        else:
            ranges.append(told)
    again = {main.index for main in mains} - {main.index for main in [*taken, *filter(None, [goes_on])]}
    found = _saved(batch, again)
    saved, saved_by = ({name: pair[place] for name, pair in found.items()} for place in (0, 1))
    carried = Carried(batch=str(batch.pk), steps=ranges, saved=saved, saved_by=saved_by)
    job = json.dumps([batch.parameters, batch.limits, carried], ensure_ascii=False)
    if len(job.encode()) > JOB_LIMIT:
        raise WrongState(
            _("What this batch has done and saved is too much to take over. Run it again from the beginning.")
        )
    return carried


def _saved(batch: Batch, again: Collection[int]) -> dict[str, tuple[Any, int | None]]:
    """The saved values, each with the step that saved it: none of a main step that begins again.

    It would find there how far it came the last time, and pass without doing anything.
    """
    earlier = batch.carried or {}
    savers = earlier.get("saved_by", {})
    found = {name: (value, savers.get(name)) for name, value in earlier.get("saved", {}).items()}
    newest: dict[str, Event] = {}
    kept: dict[str, Event] = {}
    if batch.saved:
        for line in Event.objects.filter(stream__batch=batch, kind=Kind.SAVED).order_by("seq").iterator():
            newest[line.data["name"]] = line
            if line.step not in again:
                kept[line.data["name"]] = line
    for name, line in kept.items():
        found[name] = (batch.saved[name] if newest[name] is line else full_data(line).get("value"), line.step)
    return {name: (value, step) for name, (value, step) in found.items() if step not in again}


def _has_instruments(batch: Batch) -> bool:
    return batch.slot is not None and bool(batch.slot.instruments)
