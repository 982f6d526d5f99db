"""Automatic restarts: only where the sequence allows them, at most so many times, once for each crash."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from control.journal.kinds import ALERTS
from control.journal.read import read_after
from control.lifecycle.follow import restart_batch, resume_batch
from control.lifecycle.recover import recover_crashed
from control.lifecycle.steer import stop_batch
from control.lifecycle.stopping import being_stopped
from control.models import Batch
from control.states import State
from stations.models import Slot
from tests.control.hosts import this_host_has
from tests.control.lifecycle.work import LANE, batch_in, work_station
from tests.rows import ANNA, OUT, dataset_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)


def crash(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(
        state=State.CRASHED, ended_at=batch.created_at, started_at=batch.created_at, slot=LANE
    )


def test_a_crash_is_answered_by_one_batch_that_goes_on() -> None:
    crashed = batch_in(State.CRASHED, outcomes="PE")
    [new] = recover_crashed("demo")
    assert (new.origin_id, new.origin_kind, new.restarts_left) == (crashed.pk, "RECOVERY", 1)
    assert (new.carried or {})["steps"] == [{"first": 1, "last": 1, "outcome": "PASS", "marginal": False}]
    assert (new.submitted_by, recover_crashed("demo")) == ("gwanje", [])


def test_a_crash_while_the_station_is_being_stopped_waits_for_its_next_start() -> None:
    batch_in(State.CRASHED, outcomes="PE")
    with this_host_has(LANE), being_stopped():
        assert recover_crashed("demo") == []
    assert len(recover_crashed("demo")) == 1


def test_restarts_come_to_an_end() -> None:
    batch_in(State.CRASHED)
    for left in (1, 0):
        [new] = recover_crashed("demo")
        assert new.restarts_left == left
        crash(new)
    assert recover_crashed("demo") == []


@pytest.mark.parametrize("state", [State.FAILED, State.STOPPED, State.ABORTED])
def test_only_crashes_are_answered(state: State) -> None:
    batch_in(state, outcomes="PE")
    assert recover_crashed("demo") == []


def test_a_sequence_that_does_not_allow_it_is_left_alone() -> None:
    batch_in(State.CRASHED, "bench_work", outcomes="PPPPE")
    assert recover_crashed("demo") == []


def test_what_somebody_resumed_is_left_to_them() -> None:
    resume_batch(batch_in(State.CRASHED, outcomes="PE").pk, by=ANNA)
    assert recover_crashed("demo") == []


@pytest.mark.parametrize("end", [stop_batch, restart_batch])
def test_what_crashed_while_it_was_asked_to_end_is_left_alone(end: Callable[..., Batch]) -> None:
    batch = batch_in(State.RUNNING, outcomes="PE", restarts_left=2)
    end(batch.pk, by=ANNA)
    crash(batch)
    assert recover_crashed("demo") == []


def test_a_refused_restart_is_told_once() -> None:
    batch = batch_in(State.CRASHED, outcomes="PE")
    Slot.objects.filter(kind=Slot.Kind.LANE).update(taken_out=OUT)
    assert (recover_crashed("demo"), recover_crashed("demo")) == ([], [])
    [told] = read_after(ALERTS)
    assert told.message.startswith(f"{batch.name} crashed and was not restarted: Every lane is latched or out of")
    batch.refresh_from_db()
    assert batch.restarts_left == 0


def test_crash_is_not_answered_where_its_files_may_be_others_by_now() -> None:
    crashed = batch_in(State.CRASHED, outcomes="PE")
    options = {"chunk_size": 10, "timeout_s": 60.0, "max_pixels": 1_000_000, "lanes": 0}
    Batch.objects.update(dataset=dataset_row(read_at=timezone.now()), items_options=options)
    assert recover_crashed("demo") == []
    [alert] = [line.message for line in read_after(ALERTS) if line.data.get("batch") == str(crashed.pk)]
    assert "was not restarted: Dataset 'tiles' was read anew since" in alert
