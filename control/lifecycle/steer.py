"""pause, resume, stop: wishes. Accepted here, delivered by the supervisor, obeyed by the runner."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.journal.append import Entry, lock_story, tell_batch
from control.journal.kinds import Kind
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event, told
from control.lifecycle.doorbell import ring_supervisor
from control.lifecycle.finish import End, finish_waiting
from control.lifecycle.refusals import WrongState, check_text, no_batch
from control.models import Batch, ControlEvent
from control.states import ALLOWED_CONTROLS, TERMINAL, Control, State, StepOutcome

KINDS = {
    Control.PAUSE: ControlEvent.Kind.BATCH_PAUSE,
    Control.RESUME: ControlEvent.Kind.BATCH_RESUME,
    Control.STOP: ControlEvent.Kind.BATCH_STOP,
}
WORDS = {kind: word for word, kind in KINDS.items()}


def pause_batch(batch_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Ask a running batch to pause at its next boundary. Raises NotFound or WrongState."""
    return _ask(Control.PAUSE, batch_id, by, reason)


def resume_batch(batch_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Ask a paused batch to go on. Raises NotFound or WrongState."""
    return _ask(Control.RESUME, batch_id, by, reason)


def stop_batch(batch_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Stop a batch: at once when it still waits, else with its teardown. Raises NotFound or WrongState.

    A batch that does not yield is ended by its guard when its grace has run out.
    """
    return _ask(Control.STOP, batch_id, by, reason)


def _ask(word: Control, batch_id: UUID, by: Actor, reason: str) -> Batch:
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        lock_story(batch_id)
        batch = Batch.objects.filter(pk=batch_id).first()
        if batch is None:
            raise no_batch(batch_id)
        state = State(batch.state)
        if word not in ALLOWED_CONTROLS[state]:
            raise WrongState(_why_not(word, state))
        event = record_control_event(KINDS[word], by=by, reason=reason, batch=batch, before={"state": batch.state})
        if state == State.QUEUED:
            _stop_waiting(batch, event, by, reason)
        else:
            # Stored, so in English: the word itself, not its label in the language of whoever asks.
            tell_batch(batch.pk, _line(event, f"{word.capitalize()} requested by {by.name}: {reason}"))
            ring_supervisor(batch.pk)
    batch.refresh_from_db()
    return batch


def _stop_waiting(batch: Batch, event: ControlEvent, by: Actor, reason: str) -> None:
    message = f"Stopped by {by.name} before it began: {reason}"
    end = End(State.STOPPED, StepOutcome.NONE, event.requested_at, message)
    finish_waiting(batch.pk, end, _line(event, message))
    ControlEvent.objects.filter(pk=event.pk).update(
        delivered_at=event.requested_at, obeyed_at=event.requested_at, after={"state": State.STOPPED}
    )


def _line(event: ControlEvent, message: str) -> Entry:
    return Entry(Kind.CONTROL, message, at=event.requested_at, data=told(event))


NOTHING_LEFT = {
    Control.PAUSE: gettext_noop(
        "The batch has ended (%(state)s), there is nothing left to pause. Submit it again to repeat it."
    ),
    Control.RESUME: gettext_noop(
        "The batch has ended (%(state)s), there is nothing left to resume. Submit it again to repeat it."
    ),
    Control.STOP: gettext_noop(
        "The batch has ended (%(state)s), there is nothing left to stop. Submit it again to repeat it."
    ),
}
NOT_NOW = {
    (Control.PAUSE, State.QUEUED): gettext_noop(
        "The batch is queued, it cannot pause now. Stop it if it should not run."
    ),
    (Control.PAUSE, State.PAUSED): gettext_noop("The batch is paused, it cannot pause now. Resume it to go on."),
    (Control.RESUME, State.QUEUED): gettext_noop(
        "The batch is queued, it cannot resume now. It starts by itself when its slot is free."
    ),
    (Control.RESUME, State.RUNNING): gettext_noop("The batch is running, it cannot resume now. It is not paused."),
}


def _why_not(word: Control, state: State) -> str:
    if state in TERMINAL:
        return _(NOTHING_LEFT[word]) % {"state": state.label}
    return _(NOT_NOW[word, state])
