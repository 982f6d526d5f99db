"""Emergency stop and reset. Hardware first, through the guards and without a database; the record follows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from control.journal.append import Entry, alert, lock_story, tell_batch
from control.journal.kinds import Kind
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event, told
from control.lifecycle.finish import End, finish_waiting
from control.lifecycle.refusals import NEEDS_REASON, BadValue, check_text
from control.lifecycle.safety.scopes import ALL, rows_in
from control.models import Batch, ControlEvent
from control.states import ACTIVE, State, StepOutcome
from stations.contracts import Latch
from stations.models import Slot


def new_latch(scope: str, *, by: Actor, reason: str = USER_REQUEST) -> Latch:
    """What the guards are told and write down. `scope` is a slot, a station or "all"."""
    return Latch(id=str(uuid7()), scope=scope, by=by.name, face=by.face, reason=_as_kept(reason), at=time.time())


def _as_kept(reason: str) -> str:
    """An emergency stop is never refused for its reason: what is too long is cut, what cannot be kept becomes a "?"."""
    return reason.encode(errors="replace").decode().replace("\0", "?")[:LONGEST_REASON]


def record_emergency_stop(latch: Latch, *, delivered: bool, user: AbstractBaseUser | None = None) -> ControlEvent:
    """Write down an emergency stop that the guards have been told of: once, however often and by whomever it is called.

    Effects, in order: a ControlEvent with the latch's id, the slots' latches, a line in every running batch's story, an
    alert; then, each in a transaction of its own, every waiting batch of the scope ends ABORTED, so that a reset starts
    nothing.
    """
    at = datetime.fromtimestamp(latch["at"], UTC)
    with transaction.atomic():
        event, created = ControlEvent.objects.get_or_create(
            pk=latch["id"],
            defaults={
                "kind": ControlEvent.Kind.EMERGENCY_STOP,
                "scope": latch["scope"],
                "user": user,
                "by": latch["by"],
                "face": latch["face"],
                "reason": latch["reason"],
                "requested_at": at,
                "delivered_at": timezone.now() if delivered else None,
            },
        )
        if created:
            Slot.objects.filter(rows_in(latch["scope"], slot="pk"), latch__isnull=True).update(latch=latch)
            message = f"Emergency stop of {latch['scope']} by {latch['by']}: {latch['reason']}"
            line = Entry(Kind.CONTROL, message, "ERROR", at=at, data=told(event))
            for batch in _batches_in(latch["scope"], ACTIVE):
                _tell_if_running(batch, line)
            alert([line])
    _abort_waiting(event)
    return event


def _tell_if_running(batch: Batch, line: Entry) -> None:
    """The guards have been told before: a batch may have ended meanwhile, and then its story is complete."""
    lock_story(batch.pk)
    if Batch.objects.filter(pk=batch.pk, state__in=ACTIVE).exists():
        tell_batch(batch.pk, line)


def _batches_in(scope: str, states: Sequence[str]) -> list[Batch]:
    rows = Batch.objects.filter(rows_in(scope, slot="slot"), state__in=states)
    return list(rows.select_related("slot").order_by("pk"))


def _abort_waiting(event: ControlEvent) -> None:
    """End what waits for slots that are latched now: of a stop that was lifted in part, the freed slots work again."""
    message = f"Emergency stop of {event.scope} by {event.by} before it began: {event.reason}"
    line = Entry(Kind.CONTROL, message, "ERROR", data=told(event))
    for batch in _batches_in(event.scope, [State.QUEUED]):
        if _is_latched(batch):
            finish_waiting(batch.pk, End(State.ABORTED, StepOutcome.NONE, timezone.now(), message), line)


def abort_waiting_batch(batch_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> bool:
    """End a batch that waits, ABORTED. False when it does not wait any more: it runs or has ended.

    Effects, in order: a ControlEvent, the last lines of its story, the batch, an alert, the board.
    """
    reason = _as_kept(reason)
    with transaction.atomic():
        lock_story(batch_id)
        batch = Batch.objects.filter(pk=batch_id, state=State.QUEUED).first()
        if batch is None:
            return False
        changes = {"before": {"state": batch.state}, "after": {"state": State.ABORTED}}
        kind = ControlEvent.Kind.EMERGENCY_STOP
        event = record_control_event(kind, by=by, reason=reason, batch=batch, at_once=True, **changes)
        message = f"Emergency stop by {by.name} before it began: {reason}"
        line = Entry(Kind.CONTROL, message, "ERROR", at=event.requested_at, data=told(event))
        finish_waiting(batch.pk, End(State.ABORTED, StepOutcome.NONE, event.requested_at, message), line)
    return True


def _is_latched(batch: Batch) -> bool:
    """Tell whether nothing could run this batch: its slot is latched, or every lane of its station."""
    if batch.slot is not None:
        return batch.slot.latch is not None
    lanes = Slot.objects.filter(station=batch.station_id, kind=Slot.Kind.LANE, in_service=True)
    return not lanes.filter(latch__isnull=True).exists()


def check_reset_reason(reason: str) -> None:
    """Raises BadValue when there is none, and when it cannot be kept."""
    if not reason.strip():
        raise BadValue(_(NEEDS_REASON), field="reason")
    check_text("reason", reason, LONGEST_REASON)


def record_reset(scope: str, *, by: Actor, reason: str) -> tuple[ControlEvent, list[Slot]]:
    """Write down that somebody lifts the latches of a scope, before the guards are told to. Raises BadValue.

    Returns the event and the slots whose latch it lifts.
    """
    check_reset_reason(reason)
    with transaction.atomic():
        slots = list(Slot.objects.filter(rows_in(scope, slot="pk"), latch__isnull=False))
        before = {slot.pk: slot.latch for slot in slots}
        event = record_control_event(ControlEvent.Kind.RESET, by=by, reason=reason, scope=scope, before=before)
        Slot.objects.filter(pk__in=[slot.pk for slot in slots]).update(latch=None)
        alert([Entry(Kind.CONTROL, f"{scope} reset by {by.name}: {reason}", data=told(event))])
    return event, slots


def was_reset(latch: Latch, slot: Slot) -> bool:
    """Tell whether somebody has lifted this latch, on record. Without such a record no latch is ever lifted."""
    scopes = [slot.pk, slot.station_id, ALL]
    resets = ControlEvent.objects.filter(kind=ControlEvent.Kind.RESET, scope__in=scopes)
    return resets.filter(requested_at__gt=datetime.fromtimestamp(latch["at"], UTC)).exists()
