"""pause, stop, skip, change settings: wishes, delivered by the supervisor and obeyed by the runner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from control.journal.append import Entry, tell_batch
from control.journal.kinds import Kind
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event, told
from control.lifecycle.doorbell import ring_supervisor
from control.lifecycle.finding import find_locked
from control.lifecycle.finish import End, finish_waiting
from control.lifecycle.live_settings import check_settings, settings_of
from control.lifecycle.refusals import check_text
from control.lifecycle.same_work import give_up_work
from control.lifecycle.steps_ahead import find_step_ahead
from control.lifecycle.why_not import check_allowed, check_not_by_hand
from control.models import Batch, ControlEvent
from control.states import Control, State, StepOutcome

KINDS = {
    Control.PAUSE: ControlEvent.Kind.BATCH_PAUSE,
    Control.RESUME: ControlEvent.Kind.BATCH_RESUME,
    Control.STOP: ControlEvent.Kind.BATCH_STOP,
    Control.SKIP: ControlEvent.Kind.BATCH_SKIP,
    Control.SETTINGS: ControlEvent.Kind.BATCH_SETTINGS,
    Control.RESTART: ControlEvent.Kind.BATCH_RESTART,
    Control.RERUN: ControlEvent.Kind.BATCH_RERUN,
}
# What the runner is told. To the run itself, a restart is a stop.
WORDS = {kind: word.value for word, kind in KINDS.items()} | {
    ControlEvent.Kind.BATCH_RESTART: Control.STOP.value,
    ControlEvent.Kind.PROMPT_ANSWER: "answer",
    ControlEvent.Kind.MANUAL_COMMAND: "command",
    ControlEvent.Kind.MANUAL_END: "end",
    ControlEvent.Kind.TAKE_OVER: "take-over",
    ControlEvent.Kind.GIVE_BACK: "give-back",
}


# What comes of such a run is not what its parameters alone would give, nor what others get who ask for that.
_OTHER_WORK = (Control.SKIP, Control.SETTINGS)


def pause_batch(batch_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Ask a running batch to pause at its next boundary. Raises NotFound or WrongState."""
    return ask(Control.PAUSE, batch_id, by=by, reason=reason)


def stop_batch(batch_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Stop a batch: at once when it still waits, else with its teardown. Raises NotFound or WrongState.

    A batch that does not yield is ended by its guard when its grace has run out.
    """
    return ask(Control.STOP, batch_id, by=by, reason=reason)


def skip_step(batch_id: UUID, *, step: int | str | None = None, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Ask a batch to leave a step out: by number or name a coming one, else the one that runs, at its next boundary.

    Raises NotFound or WrongState, also for a step that is over; UnknownName or BadValue for none that can be skipped.
    """
    return ask(Control.SKIP, batch_id, by=by, reason=reason, step=step)


def change_settings(batch_id: UUID, settings: Mapping[str, Any], *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Give live parameters of a batch new values, which it takes over at its next boundary.

    Raises NotFound or WrongState, BadValue with every problem of the settings.
    """
    return ask(Control.SETTINGS, batch_id, by=by, reason=reason, settings=settings)


def ask(word: Control, batch_id: UUID, *, by: Actor, reason: str, **about: Any) -> Batch:
    """Write a wish down, tell it in the story and wake the supervisor; a waiting batch is stopped at once.

    `about`: the step of a skip, the settings of a change, the batch that follows in a restart.
    """
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        batch = find_locked(batch_id)
        check_allowed(word, State(batch.state))
        check_not_by_hand(word, batch)
        before, details = _details(word, batch, **about)
        if word in (Control.STOP, Control.RESTART):  # should it crash on its way out, nobody wants it back
            Batch.objects.filter(pk=batch.pk, restarts_left__gt=0).update(restarts_left=0)
        if word in _OTHER_WORK:
            give_up_work(batch)
        event = record_control_event(KINDS[word], by=by, reason=reason, batch=batch, before=before, details=details)
        if batch.state == State.QUEUED:
            _stop_waiting(batch, event, by, reason)
        else:
            # Stored, so in English: the word itself, not its label in the language of whoever asks.
            message = f"{word.capitalize()}{_of(details, before)} requested by {by.name}: {reason}"
            tell_batch(batch.pk, Entry(Kind.CONTROL, message, at=event.requested_at, data=told(event)))
            ring_supervisor(batch.pk)
    batch.refresh_from_db()
    return batch


def _details(
    word: Control,
    batch: Batch,
    step: int | str | None = None,
    settings: Mapping[str, Any] | None = None,
    follower: Batch | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """How things stand before a wish is obeyed, and what it asks for."""
    before: dict[str, Any] = {"state": batch.state}
    if word == Control.SKIP:
        return before, find_step_ahead(batch, step)
    if word == Control.SETTINGS:
        wanted = check_settings(batch, settings or {})
        now = settings_of(batch)
        return {**before, "settings": {name: now.get(name) for name in wanted}}, {"settings": wanted}
    return before, {"batch": str(follower.pk)} if follower else {}


def _of(details: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    if "name" in details:
        return f" of step '{details['name']}'"
    changes = [f"{name}: {before['settings'][name]} → {value}" for name, value in details.get("settings", {}).items()]
    return f" ({', '.join(changes)})" if changes else ""


def _stop_waiting(batch: Batch, event: ControlEvent, by: Actor, reason: str) -> None:
    message = f"Stopped by {by.name} before it began: {reason}"
    end = End(State.STOPPED, StepOutcome.NONE, event.requested_at, message)
    finish_waiting(batch.pk, end, Entry(Kind.CONTROL, message, at=event.requested_at, data=told(event)))
    ControlEvent.objects.filter(pk=event.pk).update(
        delivered_at=event.requested_at, obeyed_at=event.requested_at, after={"state": State.STOPPED}
    )
