"""Schedules that work over datasets, and that need not do the same twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from control.lifecycle.refusals import BadValue
from control.lifecycle.schedules.actions import order_of
from control.lifecycle.schedules.changes import create_schedule, run_schedule_now
from control.lifecycle.schedules.firing import fire_schedule
from control.lifecycle.schedules.plan import Plan
from control.lifecycle.submit import Order
from control.models import Batch, Dataset, Schedule
from control.states import State
from tests.control.lifecycle.work import work_station
from tests.rows import ANNA, dataset

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiles(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    work_station(monkeypatch)
    return dataset("tiles")


def nightly(tiles: Dataset, **more: object) -> Schedule:
    order = Order("dataset_work", dataset=str(tiles.pk), chunk_size=0, **more)
    return create_schedule(Plan("nightly", Schedule.Action.RUN_SEQUENCE, order=order, every_s=3600), by=ANNA)


def result_of(schedule: Schedule) -> tuple[str, Batch | None]:
    schedule.refresh_from_db()
    return schedule.last_result, schedule.last_batch


def test_order_keeps_its_dataset_and_only_what_was_given(tiles: Dataset) -> None:
    schedule = nightly(tiles, fresh=True)
    assert {name: schedule.order[name] for name in ("dataset", "chunk_size", "fresh")} == {
        "dataset": str(tiles.pk),
        "chunk_size": 0,
        "fresh": True,
    }
    assert "lanes" not in schedule.order
    assert order_of(schedule) == Order("dataset_work", dataset=str(tiles.pk), chunk_size=0, fresh=True)


def test_schedule_without_the_dataset_that_its_sequence_needs_is_refused(tiles: Dataset) -> None:
    with pytest.raises(BadValue) as refused:
        create_schedule(Plan("x", Schedule.Action.RUN_SEQUENCE, order=Order("dataset_work"), every_s=3600), by=ANNA)
    assert refused.value.field == "dataset"


def test_schedule_may_be_made_while_its_dataset_is_being_read(tiles: Dataset) -> None:
    Dataset.objects.update(state="READING", sha256="")
    assert nightly(tiles).order["dataset"] == str(tiles.pk)


def test_due_schedule_runs_over_its_dataset(tiles: Dataset) -> None:
    schedule = nightly(tiles)
    batch = fire_schedule(schedule, schedule.next_at)
    assert (batch.dataset, batch.items_options["chunk_size"], batch.trigger) == (tiles, 0, "SCHEDULED")


def test_due_schedule_begins_nothing_beside_the_same_work(tiles: Dataset) -> None:
    schedule = nightly(tiles)
    running = run_schedule_now(schedule.pk, by=ANNA).last_batch
    Schedule.objects.update(last_batch=None)  # somebody else's
    schedule.refresh_from_db()
    assert fire_schedule(schedule, schedule.next_at) == running
    assert result_of(schedule) == ("Nothing new: the same is being done already.", running)


def test_due_schedule_begins_nothing_where_the_same_has_been_done(tiles: Dataset) -> None:
    schedule = nightly(tiles)
    done = run_schedule_now(schedule.pk, by=ANNA).last_batch
    at = timezone.now() - timedelta(minutes=1)
    columns = {"started_at": at, "ended_at": at, "slot_id": "demo/lane-1", "outcome": "PASS"}
    Batch.objects.filter(pk=done.pk).update(state=State.COMPLETED, **columns)
    assert run_schedule_now(schedule.pk, by=ANNA).last_batch == done
    assert (result_of(schedule)[0], Batch.objects.count()) == ("Nothing new: the same has been done before.", 1)
