"""The record of an emergency stop: once, with everything that waits, and lifted only on record."""

from __future__ import annotations

import pytest

from control.journal.kinds import ALERTS, stream_of
from control.journal.read import read_after
from control.lifecycle.refusals import BadValue
from control.lifecycle.safety.emergency import new_latch, record_emergency_stop, record_reset, was_reset
from control.models import Batch, ControlEvent
from control.states import State
from stations.models import Slot
from tests.rows import ANNA, demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def latched() -> set[str]:
    return set(Slot.objects.filter(latch__isnull=False).values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("scope", "slots"),
    [
        ("demo/slot-1", {"demo/slot-1"}),
        ("demo", {"demo/slot-1", "demo/slot-2", "demo/lane-1", "demo/lane-2"}),
        ("all", {"demo/slot-1", "demo/slot-2", "demo/lane-1", "demo/lane-2"}),
    ],
)
def test_emergency_stop_latches_its_scope(scope: str, slots: set[str]) -> None:
    record_emergency_stop(new_latch(scope, by=ANNA), delivered=True)
    assert latched() == slots


def test_emergency_stop_is_recorded_once_however_often_it_is_told() -> None:
    latch = new_latch("demo", by=ANNA, reason="smoke")
    for _ in range(3):
        record_emergency_stop(latch, delivered=True)
    event = ControlEvent.objects.get()
    assert (str(event.pk), event.kind, event.by, event.reason) == (latch["id"], "EMERGENCY_STOP", "anna", "smoke")
    assert len(read_after(ALERTS)) == 1


@pytest.mark.parametrize(
    ("given", "kept"), [("x" * 600, "x" * 500), ("a\0b", "a?b"), ("a\udcffb", "a?b"), ("연기", "연기")]
)
def test_emergency_stop_keeps_of_any_reason_what_can_be_kept(given: str, kept: str) -> None:
    assert record_emergency_stop(new_latch("demo", by=ANNA, reason=given), delivered=True).reason == kept


def test_emergency_stop_aborts_what_waits_in_its_scope_only() -> None:
    here, there = queued(slot="demo/slot-1"), queued(slot="demo/slot-2")
    record_emergency_stop(new_latch("demo/slot-1", by=ANNA), delivered=True)
    assert Batch.objects.get(pk=here.pk).state == State.ABORTED
    assert Batch.objects.get(pk=there.pk).state == State.QUEUED
    assert [line.kind for line in read_after(stream_of(here.pk))] == ["batch.queued", "control", "batch.ended"]


def test_emergency_stop_is_told_in_the_story_of_what_runs() -> None:
    stream = running()
    record_emergency_stop(new_latch("demo", by=ANNA, reason="smoke"), delivered=True)
    last = read_after(stream.name)[-1]
    assert (last.kind, last.level, last.message) == ("control", "ERROR", "Emergency stop of demo by anna: smoke")
    assert Batch.objects.get(pk=stream.batch_id).state == State.RUNNING  # its guard ends it


def test_emergency_stop_aborts_what_was_queued_in_the_moment_of_the_press() -> None:
    latch = new_latch("demo", by=ANNA)
    batch = queued()
    record_emergency_stop(latch, delivered=True)
    Batch.objects.filter(pk=batch.pk).update(state=State.QUEUED, ended_at=None)
    record_emergency_stop(latch, delivered=True)
    assert Batch.objects.get(pk=batch.pk).state == State.ABORTED


def test_slot_that_was_reset_alone_works_again() -> None:
    latch = new_latch("demo", by=ANNA)
    record_emergency_stop(latch, delivered=True)
    record_reset("demo/slot-2", by=ANNA, reason="this one is fine")
    freed = queued(slot="demo/slot-2")
    record_emergency_stop(latch, delivered=True)  # as the housekeeping does while slot-1 is latched
    assert Batch.objects.get(pk=freed.pk).state == State.QUEUED


def test_reset_needs_a_reason() -> None:
    with pytest.raises(BadValue):
        record_reset("demo", by=ANNA, reason="  ")
    assert not ControlEvent.objects.exists()


def test_reset_frees_the_slots_and_says_which() -> None:
    record_emergency_stop(new_latch("demo", by=ANNA), delivered=True)
    event, slots = record_reset("demo/slot-1", by=ANNA, reason="cable replaced")
    assert [slot.pk for slot in slots] == ["demo/slot-1"] == list(event.before)
    assert latched() == {"demo/slot-2", "demo/lane-1", "demo/lane-2"}


def test_reset_is_told_among_the_alerts() -> None:
    event, _ = record_reset("demo", by=ANNA, reason="cable replaced")
    told = {"control": str(event.pk), "kind": "RESET", "by": "anna", "face": "COMMAND", "reason": "cable replaced"}
    assert [line.data for line in read_after(ALERTS)] == [{**told, "scope": "demo"}]


def test_latch_counts_as_reset_only_with_a_later_record() -> None:
    first = Slot.objects.get(pk="demo/slot-1")
    record_reset("demo", by=ANNA, reason="before it")
    latch = new_latch("demo", by=ANNA)
    assert not was_reset(latch, first)
    record_reset("demo/slot-2", by=ANNA, reason="the other one")
    assert not was_reset(latch, first)
    record_reset("demo", by=ANNA, reason="all good")
    assert was_reset(latch, first)
