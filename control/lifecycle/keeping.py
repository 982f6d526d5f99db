"""keep and release: which batches are never pruned."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event
from control.lifecycle.finding import find_locked
from control.lifecycle.refusals import check_text
from control.models import Batch, ControlEvent


def keep_batch(batch_id: UUID, keep: bool, *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Keep a batch from being pruned, or let go of it again, in any state. Raises NotFound.

    Effects, in order: the flag and a ControlEvent; nothing when it is so already. Its story tells nothing of it: that
    of an ended batch is complete.
    """
    check_text("reason", reason, LONGEST_REASON)
    kind = ControlEvent.Kind.BATCH_KEEP if keep else ControlEvent.Kind.BATCH_RELEASE
    with transaction.atomic():
        batch = find_locked(batch_id)
        if Batch.objects.filter(pk=batch_id, keep=not keep).update(keep=keep):
            changes = {"before": {"keep": not keep}, "after": {"keep": keep}}
            record_control_event(kind, by=by, reason=reason, batch=batch, at_once=True, **changes)
    batch.refresh_from_db()
    return batch
