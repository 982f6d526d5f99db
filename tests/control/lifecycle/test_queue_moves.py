"""Moving what waits: the order is what was asked for, on record, whoever moves at the same time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from control.journal.kinds import BOARD
from control.journal.read import read_after
from control.lifecycle.claim import claim
from control.lifecycle.queue_moves import To, line_of, move_batch
from control.lifecycle.refusals import BadValue, NotFound, WrongState
from control.models import Batch, ControlEvent
from control.states import State
from stations.models import Slot
from tests.rows import ANNA, demo_station, queued

LOW, NORMAL, HIGH, URGENT = Batch.Priority


@pytest.fixture
def station(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def line(*priorities: Batch.Priority) -> list[Batch]:
    return [queued(priority=priority) for priority in priorities]


def order(batch: Batch) -> list[Batch]:
    return list(line_of(batch))


@pytest.mark.parametrize(
    ("which", "to", "wanted"),
    [
        (2, To.FIRST, [2, 0, 1, 3]),
        (2, To.UP, [0, 2, 1, 3]),
        (1, To.DOWN, [0, 2, 1, 3]),
        (0, To.LAST, [1, 2, 3, 0]),
        (3, To.UP, [0, 1, 3, 2]),
        (1, To.UP, [1, 0, 2, 3]),
        (2, To.DOWN, [0, 1, 3, 2]),
    ],
)
@pytest.mark.parametrize("twins", [False, True])
def test_batch_is_moved_where_it_was_asked(station: None, which: int, to: To, wanted: list[int], twins: bool) -> None:
    batches = line(NORMAL, NORMAL, NORMAL, NORMAL)
    queued(slot="demo/slot-2")  # another line
    if twins:  # of the same moment: no room between them
        Batch.objects.update(queued_as_of=timezone.now())
    move_batch(batches[which].pk, to=to, by=ANNA)
    assert order(batches[0]) == [batches[place] for place in wanted]


def test_move_goes_over_the_borders_of_priorities(station: None) -> None:
    high, normal, low = line(HIGH, NORMAL, LOW)
    move_batch(low.pk, to=To.FIRST, by=ANNA)
    assert order(low) == [low, high, normal]
    move_batch(high.pk, to=To.LAST, by=ANNA)
    assert order(low) == [low, normal, high]
    assert [batch.priority for batch in order(low)] == [LOW, NORMAL, HIGH]


def test_nothing_is_moved_before_what_is_urgent_nor_that_behind_the_others(station: None) -> None:
    first, second, high, low = line(URGENT, URGENT, HIGH, LOW)
    move_batch(low.pk, to=To.FIRST, by=ANNA)
    move_batch(first.pk, to=To.LAST, by=ANNA)
    assert order(low) == [second, first, low, high]
    for batch, to in ((low, To.UP), (first, To.DOWN), (low, To.FIRST), (first, To.LAST)):
        move_batch(batch.pk, to=to, by=ANNA)
    assert order(low) == [second, first, low, high]
    assert ControlEvent.objects.filter(kind="BATCH_MOVE").count() == 2


def test_order_after_many_moves_is_that_of_a_list(station: None) -> None:
    batches = line(*[NORMAL] * 5)
    wanted = list(batches)
    for turn in range(40):
        batch, to = batches[turn * 3 % 5], list(To)[turn % 4]
        move_batch(batch.pk, to=to, by=ANNA)
        here = wanted.index(batch)
        wanted.remove(batch)
        wanted.insert({To.FIRST: 0, To.UP: max(0, here - 1), To.DOWN: here + 1, To.LAST: 4}[to], batch)
        assert order(batch) == wanted


def test_moved_batch_is_claimed_in_its_new_place(station: None) -> None:
    _first, second = line(NORMAL, NORMAL)
    move_batch(second.pk, to=To.UP, by=ANNA)
    stream = claim(Slot.objects.get(pk="demo/slot-1"))
    assert stream is not None and stream.batch_id == second.pk


def test_move_is_on_record_and_on_the_board(station: None) -> None:
    _first, second = line(NORMAL, NORMAL)
    move_batch(second.pk, to=To.FIRST, priority=HIGH, by=ANNA, reason="customer waits")
    event = ControlEvent.objects.get(kind="BATCH_MOVE")
    assert (event.batch_id, event.by, event.reason, event.details) == (
        second.pk,
        "anna",
        "customer waits",
        {"to": "first"},
    )
    assert (event.before, event.after) == ({"priority": "NORMAL", "place": 2}, {"priority": "HIGH", "place": 1})
    assert read_after(BOARD)[-1].kind == "batch.moved"


def test_priority_alone_gives_the_place_that_belongs_to_it(station: None) -> None:
    first, second, third = line(NORMAL, HIGH, NORMAL)
    assert move_batch(third.pk, priority=URGENT, by=ANNA).priority == URGENT
    assert order(first) == [third, second, first]


def test_move_to_where_it_is_writes_nothing(station: None) -> None:
    first, second = line(NORMAL, NORMAL)
    for batch, to in ((first, To.FIRST), (first, To.UP), (second, To.DOWN), (second, To.LAST)):
        move_batch(batch.pk, to=to, priority=NORMAL, by=ANNA)
    assert not ControlEvent.objects.filter(kind="BATCH_MOVE").exists()
    assert order(first) == [first, second]


def test_lanes_have_one_line(station: None) -> None:
    any_lane, certain = queued("step_loop", slot=None), queued("step_loop", slot="demo/lane-1")
    move_batch(certain.pk, to=To.UP, by=ANNA)
    assert order(any_lane) == [certain, any_lane]


def test_what_does_not_wait_cannot_be_moved(station: None) -> None:
    [batch] = line(NORMAL)
    Batch.objects.filter(pk=batch.pk).update(state=State.STOPPED, ended_at=timezone.now())
    with pytest.raises(WrongState, match=r"does not wait any more \(Stopped\)"):
        move_batch(batch.pk, to=To.FIRST, by=ANNA)
    with pytest.raises(BadValue, match="Say where"):
        move_batch(batch.pk, by=ANNA)
    with pytest.raises(NotFound):
        move_batch(ANNA_BATCH, to=To.FIRST, by=ANNA)


ANNA_BATCH = "01900000-0000-7000-8000-000000000000"


@pytest.mark.django_db(transaction=True)
def test_moves_at_the_same_time_leave_an_order_that_one_of_them_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    batches = line(*[NORMAL] * 6)
    Batch.objects.update(queued_as_of=timezone.now() - timedelta(seconds=5))
    together = threading.Barrier(6)

    def move(batch: Batch) -> None:
        together.wait(10)
        move_batch(batch.pk, to=To.FIRST, by=ANNA)
        connection.close()

    threads = [threading.Thread(target=move, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moved = [event.batch_id for event in ControlEvent.objects.filter(kind="BATCH_MOVE").order_by("requested_at")]
    assert [batch.pk for batch in order(batches[0])][: len(moved)] == moved[::-1]
    assert len(moved) >= 5  # the first one may have been asked to stay where it was
