"""settle: what a database means when it comes back from an archive, before anybody works with it again."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from control.journal.append import Entry, append, lock_story
from control.journal.kinds import Kind, stream_of
from control.lifecycle.actor import Actor
from control.lifecycle.control_events import record_control_event, told
from control.lifecycle.finish import End, finish, finish_waiting
from control.models import Batch, ControlEvent, Schedule
from control.states import ACTIVE, State, StepOutcome, settle
from stations.contracts import Ending

LOST = "The run was going on when the archive was made; nobody knows its end."


def settle_restored(archive: str, spools: Collection[UUID], *, by: Actor) -> None:
    """Nothing starts by itself after a restore, and nobody stays logged in. `spools`: of live batches that came back.

    Effects, in order: bells, sessions, automatic restarts and chores of schedules are gone; a ControlEvent; what waited
    ends STOPPED, for it may have run since; what ran and has no spool here ends CRASHED. What has one is ended by its
    guard when the station starts.
    """
    with transaction.atomic():
        OrmQ.objects.all().delete()
        Session.objects.all().delete()
        Batch.objects.filter(restarts_left__gt=0).update(restarts_left=0)
        Schedule.objects.filter(busy_since__isnull=False).update(busy_since=None)  # with the very backup, perhaps
        kind, reason = ControlEvent.Kind.BACKUP, f"Restored from {archive}"
        event = record_control_event(kind, by=by, reason=reason[:500], at_once=True, after={"result": "restored"})
    message = f"Stopped: it waited when {archive} was made, which was restored."
    line = Entry(Kind.CONTROL, message, data=told(event))
    for batch_id in Batch.objects.filter(state=State.QUEUED).values_list("pk", flat=True):
        finish_waiting(batch_id, End(State.STOPPED, StepOutcome.NONE, timezone.now(), message), line)
    for batch_id in Batch.objects.filter(state__in=ACTIVE).exclude(pk__in=spools).values_list("pk", flat=True):
        _end_lost(batch_id)


def _end_lost(batch_id: UUID) -> None:
    """Without its spool, a guard would begin the run once more."""
    state, outcome, unfinished = settle(Ending.LOST, None)
    end = End(state, StepOutcome(outcome), timezone.now(), LOST, unfinished=StepOutcome(unfinished))
    data = {"why": Ending.LOST.value, "exit_code": None, "verdict": None, "safe": None}
    with transaction.atomic():
        lock_story(batch_id)
        append(stream_of(batch_id), [Entry(Kind.BATCH_ENDED, LOST, "ERROR", at=end.at, data=data)])
        finish(batch_id, end)
