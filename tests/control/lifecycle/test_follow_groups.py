"""What a new batch takes over where the one before it had nested groups, or steps that were not needed."""

from __future__ import annotations

import pytest

from control.lifecycle.follow import Mode, rerun_batch, resume_batch
from control.lifecycle.refusals import WrongState
from control.models import Batch, Step
from control.states import State
from sequences.contracts import PlannedStep
from tests.control.lifecycle.work import batch_in, work_station
from tests.rows import ANNA

pytestmark = pytest.mark.django_db

PLAN = [
    PlannedStep(index=0, name="first", group="main", repeat=1, resumable=True),
    PlannedStep(index=1, name="radio_on", group="setup", repeat=1, resumable=True, within="Radio"),
    PlannedStep(index=2, name="transmit", group="main", repeat=1, resumable=False, within="Radio"),
    PlannedStep(index=3, name="radio_off", group="teardown", repeat=1, resumable=False, within="Radio"),
    PlannedStep(index=4, name="often", group="main", repeat=3, resumable=True),
    PlannedStep(index=7, name="last", group="main", repeat=1, resumable=True),
]


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)


def ended(state: State, **outcomes: str) -> Batch:
    """A batch that has ended; `outcomes`: of its steps, with the message after a colon."""
    batch = batch_in(state, plan=PLAN)
    for planned in PLAN:
        if planned["name"] in outcomes:
            outcome, _, message = outcomes[planned["name"]].partition(": ")
            known = {name: planned[name] for name in ("index", "name", "group")}  # type: ignore[literal-required]
            Step.objects.create(batch=batch, state="ENDED", outcome=outcome, message=message, **known)
    return batch


def carried(batch: Batch) -> list[tuple[int, int, str]]:
    return [(steps["first"], steps["last"], steps["outcome"]) for steps in (batch.carried or {})["steps"]]


def test_a_group_that_was_cut_short_begins_anew_with_its_setup() -> None:
    batch = ended(State.STOPPED, first="PASS", radio_on="PASS", transmit="NONE", radio_off="PASS")
    assert carried(resume_batch(batch.pk, by=ANNA)) == [(0, 0, "PASS")]


def test_a_group_that_was_finished_is_taken_over_as_a_whole() -> None:
    batch = ended(State.STOPPED, first="PASS", radio_on="PASS", transmit="FAIL", radio_off="PASS", often="NONE")
    assert carried(resume_batch(batch.pk, by=ANNA)) == [(0, 1, "PASS"), (2, 2, "FAIL"), (3, 3, "PASS")]


def test_of_a_group_with_a_failed_step_all_is_run_again() -> None:
    passed = dict.fromkeys(["first", "radio_on", "radio_off", "last"], "PASS")
    batch = ended(State.COMPLETED, **passed, transmit="FAIL", often="SKIPPED: not needed in this run")
    assert carried(rerun_batch(batch.pk, Mode.FAILED_STEPS, by=ANNA)) == [
        (0, 0, "PASS"),
        (7, 7, "PASS"),  # what was not needed is asked anew behind what runs again
    ]


def test_what_was_not_needed_counts_as_finished_with_all_its_repetitions() -> None:
    passed = dict.fromkeys(["first", "radio_on", "transmit", "radio_off"], "PASS")
    batch = ended(State.STOPPED, **passed, often="SKIPPED: depends on 'Radio', which failed", last="NONE")
    assert carried(resume_batch(batch.pk, by=ANNA)) == [(0, 3, "PASS"), (4, 6, "SKIPPED")]


def test_nobody_begins_in_the_middle_of_a_group() -> None:
    batch = ended(State.COMPLETED, **{planned["name"]: "PASS" for planned in PLAN})
    with pytest.raises(WrongState) as refused:
        rerun_batch(batch.pk, Mode.FROM_STEP, step="transmit", by=ANNA)
    assert str(refused.value).startswith("Step 'transmit' is no resumable point of its sequence")
    assert carried(rerun_batch(batch.pk, Mode.FROM_STEP, step="radio_on", by=ANNA)) == [(0, 0, "PASS")]
