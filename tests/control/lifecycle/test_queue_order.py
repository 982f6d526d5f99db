"""The order of what waits: priority, raised by waiting, so that nothing waits for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from control.history.manual import read_manual
from control.history.overview import read_overview
from control.history.queue import batches_ahead
from control.lifecycle.claim import claim
from control.lifecycle.follow import restart_batch
from control.lifecycle.queue_order import best_first, effective_priority, goes_before
from control.models import Batch
from control.states import State
from stations.models import Lease, Slot
from tests.rows import ANNA, demo_station, queued, running

pytestmark = pytest.mark.django_db
LOW, NORMAL, HIGH, URGENT = Batch.Priority


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def waiting(priority: Batch.Priority, waited_s: float) -> Batch:
    batch = queued(priority=priority)
    batch.queued_as_of = timezone.now() - timedelta(seconds=waited_s)
    batch.save(update_fields=["queued_as_of"])
    return batch


def in_order() -> list[Batch]:
    return list(Batch.objects.filter(state=State.QUEUED).order_by(*best_first()))


def end(batch: Batch) -> None:
    Lease.objects.filter(holder=batch.pk).delete()
    Batch.objects.filter(pk=batch.pk).update(state=State.COMPLETED, ended_at=timezone.now())


def test_level_of_priority_is_worth_ten_minutes_of_waiting() -> None:
    fresh = waiting(HIGH, 0)
    aged, younger = waiting(LOW, 1201), waiting(LOW, 1190)
    urgent = waiting(URGENT, 0)
    assert in_order() == [urgent, aged, fresh, younger]


@pytest.mark.parametrize("priority", [LOW, NORMAL, HIGH])
def test_nothing_becomes_urgent_by_waiting(priority: Batch.Priority) -> None:
    aged, urgent = waiting(priority, 86_400), waiting(URGENT, 0)
    assert in_order() == [urgent, aged]
    assert (batches_ahead(urgent), batches_ahead(aged)) == (0, 1)
    found = {row.pk: row.effective_priority for row in effective_priority(Batch.objects.all())}
    assert found[urgent.pk] == URGENT > found[aged.pk] >= HIGH


def test_age_decides_within_a_priority_and_the_id_between_twins() -> None:
    first, second = queued(), queued()
    Batch.objects.update(queued_as_of=timezone.now())
    older = waiting(NORMAL, 5)
    assert in_order() == [older, first, second]


def test_what_goes_before_a_batch_is_what_stands_before_it() -> None:
    made = [waiting(priority, age) for priority in Batch.Priority for age in (0, 601, 1300.5)]
    twins = [queued(), queued()]
    Batch.objects.filter(pk__in=[twin.pk for twin in twins]).update(queued_as_of=made[0].queued_as_of)
    order = in_order()
    assert len(order) == 14
    for place, batch in enumerate(order):
        before = Batch.objects.filter(goes_before(batch)).order_by(*best_first())
        assert list(before) == order[:place]


def test_order_does_not_change_while_everybody_waits(settings: Any) -> None:
    settings.AGEING_S = 0.02
    waiting(LOW, 0.03), waiting(HIGH, 0), waiting(NORMAL, 0.015)
    seen = {tuple(batch.pk for batch in in_order()) for _ in range(30)}
    assert len(seen) == 1


def test_low_batch_goes_before_every_high_one_that_comes_twenty_minutes_after_it() -> None:
    slot = Slot.objects.get(pk="demo/slot-1")
    low = waiting(LOW, 7200)
    for minute in range(60):  # a steady stream: each of them runs a minute, so that the slot is never idle
        arrived = queued(priority=HIGH)
        Batch.objects.filter(pk=arrived.pk).update(queued_as_of=low.queued_as_of + timedelta(minutes=minute))
        stream = claim(slot)
        assert stream is not None
        end(stream.batch)
        if stream.batch == low:
            break
    assert minute == 20


def test_low_batch_waits_behind_a_stream_of_high_ones_no_longer_than_those_of_twenty_minutes_run() -> None:
    slot = Slot.objects.get(pk="demo/slot-1")
    low = waiting(LOW, 7200)
    high = [waiting(HIGH, 7200 - 60 * minute - 1) for minute in range(60)]  # more than the slot can do
    taken: list[Batch] = []
    while low not in taken:
        stream = claim(slot)
        assert stream is not None
        taken.append(stream.batch)
        end(stream.batch)
    assert taken == [*high[:20], low]


def test_restart_keeps_the_place_of_what_was_stopped_for_it() -> None:
    stream = running()
    aged = waiting(NORMAL, 3000)
    Batch.objects.filter(pk=stream.batch_id).update(queued_as_of=timezone.now() - timedelta(seconds=4000))
    again = restart_batch(stream.batch_id, by=ANNA)
    assert in_order() == [again, aged]
    assert (batches_ahead(again), batches_ahead(aged)) == (1, 2)


def test_pages_show_the_true_order() -> None:
    fresh = waiting(HIGH, 0)
    aged = waiting(LOW, 1300)
    assert [batch["id"] for batch in read_overview(timezone.now())["live"]] == [str(aged.pk), str(fresh.pk)]
    assert read_manual(Slot.objects.get(pk="demo/slot-1"))["owner"]["batch"] == str(aged.pk)


def test_effective_priority_rises_while_a_batch_waits_and_is_its_own_while_it_runs() -> None:
    batch = waiting(LOW, 900)
    urgent = waiting(URGENT, 0)
    found = {row.pk: row.effective_priority for row in effective_priority(Batch.objects.all())}
    assert found == pytest.approx({batch.pk: 5.0, urgent.pk: 20.0}, abs=0.5)
    stream = claim(Slot.objects.get(pk="demo/slot-1"))
    assert stream is not None
    Batch.objects.filter(pk=stream.batch_id).update(queued_as_of=timezone.now() - timedelta(days=1))
    assert effective_priority(Batch.objects.all()).get(pk=stream.batch_id).effective_priority == 20.0
