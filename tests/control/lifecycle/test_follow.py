"""Restart, run again, resume: what the new batch has from the one before it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from control.history.queue import batches_ahead
from control.lifecycle.claim import claim
from control.lifecycle.follow import Mode, rerun_batch, restart_batch, resume_batch
from control.lifecycle.refusals import BadValue, UnknownName, WrongState
from control.models import Batch, ControlEvent
from control.states import State
from stations.models import Lease, Slot
from tests.control.lifecycle.work import SLOT, batch_in, save, work_station
from tests.rows import ANNA, queued

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)


def carried(batch: Batch) -> list[tuple[int, int, str]]:
    return [(steps["first"], steps["last"], steps["outcome"]) for steps in (batch.carried or {})["steps"]]


def test_restart_stops_the_batch_and_queues_the_same_again() -> None:
    batch = batch_in(State.RUNNING, "bench_work", parameters={"pace": 0.5, "total": 7}, subject="SN-1")
    new = restart_batch(batch.pk, by=ANNA, reason="cable was loose")
    assert (new.state, new.slot_id, new.parameters) == (State.QUEUED, SLOT, {"pace": 0.5, "total": 7})
    assert (new.origin_id, new.origin_kind, new.subject, new.carried) == (batch.pk, "RESTART", "SN-1", None)
    asked = ControlEvent.objects.get(kind="BATCH_RESTART")
    assert (asked.batch_id, asked.delivered_at, asked.details) == (batch.pk, None, {"batch": str(new.pk)})
    assert ControlEvent.objects.get(kind="BATCH_START", batch=new).reason == "cable was loose"


def test_restart_goes_before_what_waited_longer() -> None:
    batch = batch_in(State.RUNNING, "bench_work")
    waited = queued("bench_work", slot=SLOT)
    new = restart_batch(batch.pk, by=ANNA)
    assert (batches_ahead(new), batches_ahead(waited)) == (1, 2)
    Batch.objects.filter(pk=batch.pk).update(state=State.STOPPED, ended_at=batch.created_at)
    Lease.objects.all().delete()
    stream = claim(Slot.objects.get(pk=SLOT))
    assert stream is not None and stream.batch_id == new.pk


def test_restart_twice_queues_once() -> None:
    batch = batch_in(State.PAUSED, "bench_work")
    new = restart_batch(batch.pk, by=ANNA)
    with pytest.raises(WrongState) as refused:
        restart_batch(batch.pk, by=ANNA)
    assert str(refused.value) == f"It goes on already, as batch {new.pk}."
    assert Batch.objects.filter(state=State.QUEUED).count() == 1


def test_resume_of_what_was_restarted_is_refused_while_that_lives() -> None:
    batch = batch_in(State.PAUSED, outcomes="PN")
    new = restart_batch(batch.pk, by=ANNA)
    Batch.objects.filter(pk=batch.pk).update(state=State.STOPPED, ended_at=batch.created_at)
    with pytest.raises(WrongState) as refused:
        resume_batch(batch.pk, by=ANNA)
    assert str(refused.value) == f"It goes on already, as batch {new.pk}."


def test_rerun_repeats_all_with_the_parameters_it_began_with() -> None:
    batch = batch_in(State.COMPLETED, outcomes="PPPPP", settings={"pace": 9.0})
    new = rerun_batch(batch.pk, Mode.SAME, by=ANNA)
    assert (new.parameters, new.carried, new.slot) == ({"pace": 1.0, "total": 3}, None, None)
    event = ControlEvent.objects.get(kind="BATCH_RERUN")
    assert (event.batch_id, event.after, event.details["mode"]) == (batch.pk, {"batch": str(new.pk)}, "same")
    assert event.obeyed_at is not None


def test_rerun_of_failed_steps_carries_what_passed() -> None:
    batch = batch_in(State.COMPLETED, outcomes="PPFPP")
    save(batch, 2, a=1)
    new = rerun_batch(batch.pk, Mode.FAILED_STEPS, by=ANNA)
    assert carried(new) == [(1, 2, "PASS"), (4, 5, "PASS")]
    assert (new.carried or {})["saved"] == {"a": 1}


def test_rerun_from_a_step_carries_what_was_before_it() -> None:
    batch = batch_in(State.COMPLETED, "bench_work", outcomes="PFPSP")
    new = rerun_batch(batch.pk, Mode.FROM_STEP, step="last", by=ANNA)
    assert carried(new) == [(1, 1, "PASS"), (2, 2, "FAIL"), (3, 3, "PASS"), (4, 4, "SKIPPED")]


@pytest.mark.parametrize(
    ("sequence", "outcomes", "mode", "step", "error", "sentence"),
    [
        ("lane_work", "PPPPP", Mode.FAILED_STEPS, None, WrongState,
         "No step of this batch failed. Run all of it again, or from a step on."),
        ("bench_work", "PFPPP", Mode.FAILED_STEPS, None, WrongState,
         "Step 'middle' is no resumable point of its sequence: what it needs is only there after the steps before it. "
         "Run the batch again from the beginning, or declare the step resumable."),
        ("bench_work", "PPPPP", Mode.FROM_STEP, "middle", WrongState,
         "Step 'middle' is no resumable point of its sequence: what it needs is only there after the steps before it. "
         "Run the batch again from the beginning, or declare the step resumable."),
        ("lane_work", "PE", Mode.FROM_STEP, "last", WrongState,
         "Step 'middle' comes before it and did not finish. Choose that one, or an earlier one."),
        ("lane_work", "PP", Mode.FROM_STEP, "clear", WrongState,
         "Step 'clear' is not one of the main steps: those of setup and teardown always run."),
        ("lane_work", "PP", Mode.FROM_STEP, "lost", UnknownName, "There is no step 'lost'. Did you mean 'last'?"),
        ("lane_work", "PP", Mode.FROM_STEP, None, BadValue, "Name the step from which to run again."),
        ("lane_work", "PP", Mode.SAME, "last", BadValue, "Only from_step takes a step."),
    ],
)  # fmt: skip
def test_rerun_is_refused_with_the_remedy(
    sequence: str, outcomes: str, mode: Mode, step: str | None, error: type[Exception], sentence: str
) -> None:
    batch = batch_in(State.FAILED, sequence, outcomes)
    with pytest.raises(error) as refused:
        rerun_batch(batch.pk, mode, step=step, by=ANNA)
    assert str(refused.value) == sentence
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ("PPN", [(1, 2, "PASS")]),  # stopped in the third
        ("PFE", [(1, 1, "PASS"), (2, 2, "FAIL")]),  # crashed there
        ("PSPPN", [(1, 1, "PASS"), (2, 2, "SKIPPED"), (3, 4, "PASS")]),  # what somebody skipped stays skipped
        ("N", []),
        ("PPPPP", [(1, 5, "PASS")]),  # only its teardown was cut short
    ],
)
def test_resume_of_work_without_a_bench_repeats_no_finished_step(
    outcomes: str, expected: list[tuple[int, int, str]]
) -> None:
    batch = batch_in(State.CRASHED, outcomes=outcomes)
    new = resume_batch(batch.pk, by=ANNA)
    assert (new.state, new.origin_kind, carried(new)) == (State.QUEUED, "RESUME", expected)


def test_resume_takes_settings_and_saved_values_along() -> None:
    earlier = {"batch": "x", "steps": [], "saved": {"a": 1, "b": 1}}
    batch = batch_in(State.STOPPED, outcomes="PN", settings={"pace": 4.0}, carried=earlier)
    save(batch, 2, b=2)
    new = resume_batch(batch.pk, by=ANNA)
    assert (new.carried or {})["saved"] == {"a": 1, "b": 2}
    assert new.parameters == {"pace": 4.0, "total": 3}


def test_only_a_step_that_was_cut_short_finds_what_it_saved_itself() -> None:
    batch = batch_in(State.STOPPED, outcomes="PPN")
    for step, values in ((0, {"board": 7}), (2, {"n": 1, "done": 1}), (3, {"n": 2, "points": [5]})):
        save(batch, step, **values)
    resumed = resume_batch(batch.pk, by=ANNA)
    assert (resumed.carried or {})["saved"] == {"board": 7, "n": 2, "done": 1, "points": [5]}
    again = rerun_batch(batch.pk, Mode.FAILED_STEPS, by=ANNA)
    assert (again.carried or {})["saved"] == {"board": 7, "n": 1, "done": 1}
    Batch.objects.filter(pk=resumed.pk).update(state=State.STOPPED, ended_at=batch.created_at, plan=batch.plan)
    again = rerun_batch(resumed.pk, Mode.FROM_STEP, step=2, by=ANNA)
    assert (again.carried or {})["saved"] == {"board": 7}


def test_resume_at_an_earlier_step_than_the_one_cut_short_forgets_what_both_saved() -> None:
    batch = batch_in(State.STOPPED, "bench_work", outcomes="PPPPP")
    save(batch, 4, a=1)
    save(batch, 5, b=2)
    assert (resume_batch(batch.pk, by=ANNA).carried or {})["saved"] == {"a": 1}


def test_resume_of_what_was_seen_paused_starts_nothing_that_was_stopped_meanwhile() -> None:
    batch = batch_in(State.STOPPED, outcomes="PN")
    with pytest.raises(WrongState) as refused:
        resume_batch(batch.pk, seen=State.PAUSED, by=ANNA)
    assert str(refused.value) == "The batch is Stopped by now. Look at it again before you let it go on."
    assert Batch.objects.count() == 1
    assert resume_batch(batch.pk, seen=State.STOPPED, by=ANNA).origin_id == batch.pk


def test_resume_on_a_bench_goes_back_to_the_resumable_point() -> None:
    batch = batch_in(State.STOPPED, "bench_work", outcomes="PPPPN")
    assert carried(resume_batch(batch.pk, by=ANNA)) == [(1, 4, "PASS")]


@pytest.mark.parametrize("outcomes", ["PPPN", "N", ""])
def test_resume_on_a_bench_without_such_a_point_is_refused_with_the_hint(outcomes: str) -> None:
    batch = batch_in(State.CRASHED, "bench_work", outcomes=outcomes)
    with pytest.raises(WrongState) as refused:
        resume_batch(batch.pk, by=ANNA)
    assert str(refused.value) == (
        "Sequence 'bench_work' declares no resumable point before the place at which this batch ended. "
        "Run it again from the beginning, or declare one: resumable, in its manifest or at a step."
    )


def test_resume_of_a_batch_that_never_came_to_a_step_begins_at_the_first() -> None:
    batch = batch_in(State.CRASHED, plan=[])
    assert resume_batch(batch.pk, by=ANNA).carried is None


@pytest.mark.parametrize("known", [{"plan": []}, {}], ids=["before its plan was known", "before its first step"])
@pytest.mark.parametrize("sequence", ["lane_work", "bench_work"])
def test_resume_of_a_resumption_that_crashed_early_takes_over_the_same(sequence: str, known: dict[str, Any]) -> None:
    steps = [{"first": first, "last": first, "outcome": outcome, "marginal": False}
             for first, outcome in ((1, "PASS"), (2, "FAIL"), (3, "SKIPPED"), (4, "PASS"))]  # fmt: skip
    earlier = {"batch": "x", "steps": steps, "saved": {"a": 1}}
    batch = batch_in(State.CRASHED, sequence, carried=earlier, **known)
    new = resume_batch(batch.pk, by=ANNA)
    assert carried(new) == [(1, 1, "PASS"), (2, 2, "FAIL"), (3, 3, "SKIPPED"), (4, 4, "PASS")]
    assert (new.carried or {})["saved"] == {"a": 1}


def test_resume_of_more_than_a_guard_can_be_told_is_refused() -> None:
    batch = batch_in(State.STOPPED, outcomes="PN", limits={"rail": "y" * 100_000})
    save(batch, 1, **{f"point {number}": "x" * 10_000 for number in range(10)})
    with pytest.raises(WrongState) as refused:
        resume_batch(batch.pk, by=ANNA)
    assert str(refused.value) == (
        "What this batch has done and saved is too much to take over. Run it again from the beginning."
    )


def test_resume_of_content_that_nobody_has_is_refused() -> None:
    batch = batch_in(State.STOPPED, outcomes="PN", sha256="0" * 64)
    with pytest.raises(WrongState, match="does not have sequence 'lane_work' any more as this batch ran it"):
        resume_batch(batch.pk, by=ANNA)


def test_resume_for_a_latched_slot_is_refused() -> None:
    batch = batch_in(State.STOPPED, "bench_work", outcomes="PPPPN")
    Slot.objects.filter(pk=SLOT).update(latch={"id": "x", "by": "anna"})
    with pytest.raises(WrongState, match="is latched"):
        resume_batch(batch.pk, by=ANNA)


@pytest.mark.django_db(transaction=True)
def test_resume_by_two_people_at_once_makes_one_batch() -> None:
    batch = batch_in(State.STOPPED, outcomes="PN")
    answers: list[Any] = []

    def press() -> None:
        try:
            answers.append(resume_batch(batch.pk, by=ANNA).pk)
        except WrongState as refused:
            answers.append(str(refused))
        finally:
            connection.close()

    people = [threading.Thread(target=press) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    [new] = batch.followers.values_list("pk", flat=True)
    assert sorted(map(str, answers)) == sorted([str(new), f"It goes on already, as batch {new}."])
