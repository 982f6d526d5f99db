"""The queue as it is told: lines, places, reasons and when each will begin."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from control.history import waiting
from control.history.facts import Facts
from control.history.waiting import read_queue
from control.models import Batch
from control.states import State
from stations.models import Lease, Slot, Station
from tests.rows import OUT, UNWELL, demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    Station.objects.update(heartbeat_at=Now())


def lines() -> dict[str, Facts]:
    return {line["slot"] or f"lanes of {line['station']}": line for line in read_queue(timezone.now())}


def told(line: Facts, fact: str) -> list[Any]:
    return [batch[fact] for batch in line["waiting"]]


def work(**columns: Any) -> Batch:
    batch = queued("step_loop", slot=None)
    Batch.objects.filter(pk=batch.pk).update(**columns)
    return batch


def test_nothing_waits() -> None:
    running()
    assert read_queue(timezone.now()) == []


def test_every_slot_has_a_line_and_the_lanes_of_a_station_have_one() -> None:
    for slot in ("demo/slot-2", "demo/slot-1", "demo/slot-1"):
        queued(slot=slot)
    urgent = queued("step_loop", slot="demo/lane-1", priority=Batch.Priority.URGENT)
    other = work()
    found = lines()
    assert list(found) == ["demo/slot-1", "demo/slot-2", "lanes of demo"]
    assert told(found["demo/slot-1"], "place") == [1, 2]
    assert told(found["lanes of demo"], "id") == [str(urgent.pk), str(other.pk)]
    assert [line["total"] for line in found.values()] == [2, 1, 2]


def test_three_lines_cost_as_many_queries_as_one(django_assert_num_queries: Any) -> None:
    queued()
    with django_assert_num_queries(7):
        read_queue(timezone.now())
    queued(), queued(slot="demo/slot-2"), work(kind="analysis"), work(concurrent=1)
    with django_assert_num_queries(7):
        assert len(read_queue(timezone.now())) == 3


def test_long_line_is_cut_but_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "SHOWN", 2)
    for _ in range(4):
        queued()
    queued(slot="demo/slot-2")
    found = lines()
    assert (told(found["demo/slot-1"], "place"), found["demo/slot-1"]["total"]) == ([1, 2], 4)
    assert len(found["demo/slot-2"]["waiting"]) == 1


def test_start_is_predicted_from_what_comes_before() -> None:
    stream = running()
    Batch.objects.filter(pk=stream.batch_id).update(expected_s=100.0)
    first, second = queued(), queued()
    Batch.objects.filter(pk=first.pk).update(expected_s=30.0)
    assert told(lines()["demo/slot-1"], "starts_in_s") == [pytest.approx(100, abs=5), pytest.approx(130, abs=5)]
    Batch.objects.filter(pk=stream.batch_id).update(state=State.PAUSED)
    assert told(lines()["demo/slot-1"], "starts_in_s") == [None, None]
    assert second.state == State.QUEUED


def test_lanes_share_what_waits() -> None:
    for _ in range(5):
        work(expected_s=10.0)
    assert told(lines()["lanes of demo"], "starts_in_s") == [0, 0, 10, 10, 20]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"taken_out": OUT}, "Slot demo/slot-1 is out of service (kim: new cables)."),
        (
            {"health_problem": UNWELL},
            "Slot demo/slot-1 is out of service until its instruments are well again: meter-1.",
        ),
        ({"latch": {"id": "x"}}, "An emergency stop holds demo/slot-1 until somebody resets it."),
        ({"unsafe": {"since": 1.0}}, "The safe state of demo/slot-1 was not confirmed."),
    ],
)
def test_closed_slot_says_why(columns: dict[str, Any], why: str) -> None:
    queued()
    Slot.objects.filter(pk="demo/slot-1").update(**columns)
    line = lines()["demo/slot-1"]
    assert (line["held"], told(line, "why"), told(line, "starts_in_s")) == (why, [why], [None])


def test_slot_waits_for_an_instrument_of_another_one() -> None:
    queued()
    stream = running("demo/slot-2", name="other")
    Lease.objects.filter(holder=stream.batch_id).delete()
    Lease.objects.create(instrument_id="demo/meter-1", holder=stream.batch_id)
    assert lines()["demo/slot-1"]["held"] == "meter-1 is used by other on demo/slot-2"


def test_silent_station_says_so() -> None:
    queued()
    Station.objects.update(heartbeat_at=None)
    assert lines()["demo/slot-1"]["held"] == "Station demo does not work now."


def test_place_in_line_is_a_reason() -> None:
    running(name="Morning")
    queued(), queued()
    why = ["Morning runs there.", "It goes on after those before it."]
    assert told(lines()["demo/slot-1"], "why") == why
    work()
    assert told(lines()["lanes of demo"], "why") == ["It begins in a moment."]
    running("demo/lane-1", sequence="step_loop"), running("demo/lane-2", sequence="step_loop")
    work()
    assert told(lines()["lanes of demo"], "why")[0] == "Every lane is busy."


def test_limit_is_a_reason_of_one_batch() -> None:
    Station.objects.update(analyses=1)
    stream = running("demo/lane-1", sequence="step_loop")
    Batch.objects.filter(pk=stream.batch_id).update(kind="analysis")
    work(kind="analysis")
    work()
    line = lines()["lanes of demo"]
    assert (line["held"], told(line, "held")) == ("", ["1 of 1 analyses run already on demo.", ""])
    assert told(line, "starts_in_s") == [None, 0]
