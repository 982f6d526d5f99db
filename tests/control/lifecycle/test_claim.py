"""claim: one batch per slot, the most urgent first, whoever asks."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from control.history.queue import held_back
from control.housekeeping.sweep import sweep
from control.journal.kinds import BOARD
from control.journal.read import read_after
from control.lifecycle.claim import claim, take_over
from control.lifecycle.finish import End, finish
from control.lifecycle.packages import MANUAL_CONTROL
from control.lifecycle.refusals import WrongState
from control.lifecycle.slots.choice import check_safe
from control.lifecycle.slots.leases import Holder, holders_of
from control.models import Batch, Stream
from control.states import State, StepOutcome
from stations.models import Instrument, Lease, Slot
from tests.rows import OUT, UNWELL, demo_station, queued, running


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


def test_slot_whose_instruments_are_not_well_takes_nothing_but_a_manual_session(station: None) -> None:
    queued(priority=Batch.Priority.URGENT)
    session = queued()
    Batch.objects.filter(pk=session.pk).update(sequence=MANUAL_CONTROL)
    Slot.objects.filter(pk="demo/slot-1").update(taken_out=OUT, health_problem=UNWELL)
    assert (claim(slot()), sweep("demo")) == (None, [])
    Slot.objects.filter(pk="demo/slot-1").update(taken_out=None)
    assert sweep("demo") == ["demo/slot-1"]
    taken = claim(slot())
    assert taken is not None and taken.batch_id == session.pk


def test_slot_that_shares_an_instrument_with_an_unsafe_one_waits_for_its_clearing(station: None) -> None:
    batch = queued()
    share_instruments()
    mark = {"since": 1.0, "why": "run", "problems": {"supply-1": "on"}, "confirmed_at": None, "refused": ""}
    Slot.objects.filter(pk="demo/slot-2").update(unsafe=mark)
    told = "demo/slot-1 shares meter-1 with demo/slot-2, whose safe state was not confirmed."
    assert (claim(slot()), sweep("demo"), held_back(batch)) == (None, [], told)
    with pytest.raises(WrongState, match=told):
        check_safe(slot())
    Instrument.objects.update(concurrent=True)
    assert (sweep("demo"), held_back(batch)) == (["demo/slot-1"], "")
    assert claim(slot()) is not None


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


def share_instruments() -> None:
    """Two slots with the same two instruments, each naming them in its own order."""
    Slot.objects.filter(pk="demo/slot-1").update(instruments={"supply": "supply-1", "meter": "meter-1"})
    Slot.objects.filter(pk="demo/slot-2").update(instruments={"meter": "meter-1", "supply": "supply-1"})


def waiting(name: str) -> Batch:
    """As a submit leaves it, without the checks of one: a slot here has fewer instruments than the sequence needs."""
    batch = queued("step_loop", slot=f"demo/{name}")
    Batch.objects.filter(pk=batch.pk).update(slot=f"demo/{name}")
    return batch


def test_batch_waits_for_a_shared_instrument_and_knows_whose_it_is(station: None) -> None:
    share_instruments()
    first, second = waiting("slot-1"), waiting("slot-2")
    assert claim(slot("slot-1")) is not None
    assert claim(slot("slot-2")) is None
    held = [Holder(name, first.pk, first.name, "demo/slot-1") for name in ("meter-1", "supply-1")]
    assert (holders_of(slot("slot-2")), holders_of(slot("slot-1"))) == (held, [])
    finish(first.pk, End(State.COMPLETED, StepOutcome.PASS, first.created_at))
    stream = claim(slot("slot-2"))
    assert stream is not None and stream.batch_id == second.pk


def test_concurrent_instrument_is_leased_by_nobody(station: None) -> None:
    share_instruments()
    Instrument.objects.filter(name__in=("supply-1", "meter-1")).update(concurrent=True)
    for name in ("slot-1", "slot-2"):
        waiting(name)
        assert claim(slot(name)) is not None
    assert not Lease.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_slots_that_want_the_same_two_instruments_never_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """200 times: one gets both, never each one of them, and nobody is told of a dead-lock."""
    demo_station(monkeypatch)
    share_instruments()
    rounds, together, won = 200, threading.Barrier(2), Counter[str]()
    batches = {name: waiting(name) for name in ("slot-1", "slot-2")}
    streams = {name: Stream.objects.get(batch=batch) for name, batch in batches.items()}
    outcomes: dict[int, dict[str, Stream | None]] = {number: {} for number in range(rounds)}

    def compete(name: str) -> None:
        mine = slot(name)
        for number in range(rounds):
            together.wait(30)
            outcomes[number][name] = claim(mine)
            if together.wait(30) == 0:  # one of the two, whichever
                held = set(Lease.objects.values_list("instrument__name", "holder"))
                winner = next((who for who, stream in outcomes[number].items() if stream is not None), "nobody")
                won[winner] += 1
                assert held == {(one, batches[winner].pk) for one in ("supply-1", "meter-1")}
                Lease.objects.all().delete()
                Batch.objects.filter(pk=batches[winner].pk).update(state=State.QUEUED, started_at=None)
        connection.close()

    problems: list[BaseException] = []
    monkeypatch.setattr(threading, "excepthook", lambda failed: (problems.append(failed.exc_value), together.abort()))
    competitors = [threading.Thread(target=compete, args=(name,)) for name in streams]
    for competitor in competitors:
        competitor.start()
    for competitor in competitors:
        competitor.join()
    assert (problems, won.total(), won["nobody"]) == ([], rounds, 0)
