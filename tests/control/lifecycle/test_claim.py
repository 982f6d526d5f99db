"""claim: one batch per slot, the most urgent first, whoever asks."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from control.journal.kinds import BOARD
from control.journal.read import read_after
from control.lifecycle.claim import claim, take_over
from control.models import Batch, Stream
from control.states import State
from stations.models import Lease, Slot
from tests.rows import demo_station, queued, running


def slot(name: str = "slot-1") -> Slot:
    return Slot.objects.get(pk=f"demo/{name}")


@pytest.fixture
def station(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def test_claim_of_nothing_is_none(station: None) -> None:
    assert claim(slot()) is None


def test_claim_runs_the_batch_and_leases_its_instruments(station: None) -> None:
    batch = queued()
    stream = claim(slot())
    assert stream is not None
    assert (stream.batch_id, stream.generation, stream.batch.state) == (batch.pk, 1, State.RUNNING)
    assert set(Lease.objects.values_list("instrument__name", "holder")) == {
        (name, batch.pk) for name in ("supply-1", "meter-1", "load-1", "board-1")
    }
    assert [line.kind for line in read_after(BOARD)] == ["batch.queued", "batch.started"]


def test_claim_takes_the_urgent_one_first_then_the_oldest(station: None) -> None:
    oldest, _, urgent = queued(), queued(), queued(priority=Batch.Priority.URGENT)
    first = claim(slot())
    assert first is not None and first.batch_id == urgent.pk
    Batch.objects.filter(pk=urgent.pk).update(state=State.STOPPED, ended_at=urgent.created_at)
    Lease.objects.all().delete()
    second = claim(slot())
    assert second is not None and second.batch_id == oldest.pk


def test_claim_of_a_busy_slot_is_none(station: None) -> None:
    running()
    waiting = queued()
    assert claim(slot()) is None
    waiting.refresh_from_db()
    assert waiting.state == State.QUEUED


def test_claim_refuses_an_instrument_that_somebody_else_holds(station: None) -> None:
    batch = queued()
    Lease.objects.create(instrument_id="demo/meter-1", holder=UUID(int=1))
    assert claim(slot()) is None
    batch.refresh_from_db()
    assert (batch.state, Lease.objects.count()) == (State.QUEUED, 1)


def test_lane_takes_what_waits_for_any_lane(station: None) -> None:
    batch = queued("step_loop", slot=None)
    stream = claim(slot("lane-2"))
    assert stream is not None
    assert (stream.batch_id, stream.batch.slot_id) == (batch.pk, "demo/lane-2")


def test_take_over_succeeds_only_once(station: None) -> None:
    stream = running()
    seen = Stream.objects.get(pk=stream.pk)
    second = take_over(stream)
    assert second is not None and second.generation == 2
    assert take_over(seen) is None


@pytest.mark.django_db(transaction=True)
def test_claim_by_many_at_once_gives_the_batch_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    queued()
    won = []

    def try_it() -> None:
        won.append(claim(slot()))
        connection.close()

    claimers = [threading.Thread(target=try_it) for _ in range(6)]
    for claimer in claimers:
        claimer.start()
    for claimer in claimers:
        claimer.join()
    assert len([stream for stream in won if stream is not None]) == 1
