"""The emergency stop of one batch: its slot is stopped and latched, one that waits for any lane just ends."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from control.journal.kinds import ALERTS, stream_of
from control.journal.read import read_after
from control.lifecycle.refusals import NotFound, WrongState
from control.lifecycle.safety.press import emergency_stop_batch
from control.models import Batch, ControlEvent
from control.states import LIVE, TERMINAL, State
from stations.models import Slot
from tests.rows import ANNA, demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def latched() -> list[str]:
    return list(Slot.objects.filter(latch__isnull=False).values_list("pk", flat=True))


@pytest.mark.parametrize("state", LIVE)
def test_a_live_batch_has_its_slot_latched(state: State) -> None:
    batch = queued()
    Batch.objects.filter(pk=batch.pk).update(state=state)
    emergency_stop_batch(batch.pk, by=ANNA, reason="smoke")
    event = ControlEvent.objects.get(kind="EMERGENCY_STOP")
    assert (event.scope, event.by, event.reason, latched()) == ("demo/slot-1", "anna", "smoke", ["demo/slot-1"])


@pytest.mark.parametrize("state", TERMINAL)
def test_a_batch_that_has_ended_is_refused(state: State) -> None:
    batch = queued()
    Batch.objects.filter(pk=batch.pk).update(state=state, ended_at=timezone.now())
    with pytest.raises(WrongState):
        emergency_stop_batch(batch.pk, by=ANNA)
    assert (latched(), ControlEvent.objects.filter(kind="EMERGENCY_STOP").exists()) == ([], False)


def test_an_unknown_batch_is_not_found() -> None:
    with pytest.raises(NotFound):
        emergency_stop_batch(uuid4(), by=ANNA)


def test_a_batch_that_waits_for_its_slot_ends_aborted() -> None:
    stopped = emergency_stop_batch(queued().pk, by=ANNA)
    assert (stopped.batch.state, stopped.pressed.latch["scope"], stopped.recorded) == (
        State.ABORTED,
        "demo/slot-1",
        True,
    )


def test_a_batch_that_waits_for_any_lane_ends_aborted_and_latches_nothing() -> None:
    stopped = emergency_stop_batch(queued("step_loop", slot=None).pk, by=ANNA, reason="x" * 600)
    batch = stopped.batch
    assert stopped.pressed is None
    event = ControlEvent.objects.get(kind="EMERGENCY_STOP")
    assert (batch.state, latched(), event.batch, event.reason) == (State.ABORTED, [], batch, "x" * 500)
    assert (event.delivered_at, event.obeyed_at) == (event.requested_at, event.requested_at)
    assert [line.kind for line in read_after(stream_of(batch.pk))] == ["batch.queued", "control", "batch.ended"]
    assert [line.kind for line in read_after(ALERTS)] == ["batch.ended"]


def test_a_batch_that_waits_for_any_lane_has_it_told_like_every_intervention() -> None:
    batch = emergency_stop_batch(queued("step_loop", slot=None).pk, by=ANNA, reason="smoke").batch
    control = next(line for line in read_after(stream_of(batch.pk)) if line.kind == "control")
    event = ControlEvent.objects.get(kind="EMERGENCY_STOP")
    who = {"by": "anna", "face": "COMMAND", "reason": "smoke"}
    assert control.data == {"control": str(event.pk), "kind": "EMERGENCY_STOP", **who}


def test_a_batch_that_a_lane_has_taken_has_the_lane_latched() -> None:
    stream = running("demo/lane-1", sequence="step_loop")
    emergency_stop_batch(stream.batch_id, by=ANNA)
    assert latched() == ["demo/lane-1"]
