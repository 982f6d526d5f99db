"""Every state against every control."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone

from control.journal.kinds import stream_of
from control.journal.read import read_after
from control.lifecycle.refusals import NotFound, WrongState
from control.lifecycle.steer import pause_batch, resume_batch, stop_batch
from control.models import Batch, ControlEvent
from control.states import ACTIVE, ALLOWED_CONTROLS, TERMINAL, Control, State
from tests.rows import ANNA, demo_station, queued

pytestmark = pytest.mark.django_db

VERBS: dict[Control, Callable[..., Batch]] = {
    Control.PAUSE: pause_batch,
    Control.RESUME: resume_batch,
    Control.STOP: stop_batch,
}


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def batch_in(state: State) -> Batch:
    batch = queued()
    ended = timezone.now() if state in TERMINAL else None
    Batch.objects.filter(pk=batch.pk).update(state=state, ended_at=ended)
    batch.refresh_from_db()
    return batch


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("word", Control)
def test_control_is_accepted_exactly_where_the_table_says(state: State, word: Control) -> None:
    batch = batch_in(state)
    before = ControlEvent.objects.count()
    if word in ALLOWED_CONTROLS[state]:
        VERBS[word](batch.pk, by=ANNA)
        assert ControlEvent.objects.count() == before + 1
    else:
        with pytest.raises(WrongState):
            VERBS[word](batch.pk, by=ANNA)
        assert ControlEvent.objects.count() == before


@pytest.mark.parametrize("state", ACTIVE)
def test_stop_of_an_active_batch_is_a_wish_that_keeps_its_reason(state: State) -> None:
    batch = batch_in(state)
    assert stop_batch(batch.pk, by=ANNA, reason="smoke").state == state
    event = ControlEvent.objects.filter(kind="BATCH_STOP").get()
    assert (event.reason, event.delivered_at, event.before) == ("smoke", None, {"state": state})
    assert read_after(stream_of(batch.pk))[-1].message == "Stop requested by anna: smoke"


def test_stop_of_a_waiting_batch_ends_it_with_a_whole_story() -> None:
    batch = queued()
    stopped = stop_batch(batch.pk, by=ANNA, reason="wrong board")
    assert (stopped.state, stopped.outcome) == (State.STOPPED, "NONE")
    assert [line.kind for line in read_after(stream_of(batch.pk))] == ["batch.queued", "control", "batch.ended"]
    event = ControlEvent.objects.filter(kind="BATCH_STOP").get()
    assert event.delivered_at is not None and event.obeyed_at is not None
    assert stopped.steps.count() == 0


def test_two_wishes_do_not_overwrite_each_other() -> None:
    batch = batch_in(State.RUNNING)
    pause_batch(batch.pk, by=ANNA)
    stop_batch(batch.pk, by=ANNA)
    waiting = ControlEvent.objects.filter(delivered_at=None).order_by("pk")
    assert [event.kind for event in waiting] == ["BATCH_PAUSE", "BATCH_STOP"]


def test_refusal_names_state_and_remedy() -> None:
    batch = batch_in(State.PAUSED)
    with pytest.raises(WrongState) as refused:
        pause_batch(batch.pk, by=ANNA)
    assert str(refused.value) == "The batch is paused, it cannot pause now. Resume it to go on."


def test_control_of_an_unknown_batch_is_not_found() -> None:
    with pytest.raises(NotFound):
        stop_batch(uuid4(), by=ANNA)
