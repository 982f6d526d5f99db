"""move: another place among those that wait for the same slot, or for the lanes of the same station."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from control.journal.append import tell_board
from control.journal.kinds import Kind
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event
from control.lifecycle.finding import find_batch, find_locked
from control.lifecycle.queue_order import best_first, goes_before, head_start, is_urgent, turn_of
from control.lifecycle.refusals import BadValue, WrongState, check_text
from control.lifecycle.slots.limits import lock_limits
from control.models import Batch, ControlEvent
from control.states import State
from stations.models import Slot

APART = timedelta(seconds=1)  # from the one that it is moved before or behind, where nobody else stands there
LEAST = timedelta(microseconds=1)  # as fine as every database keeps times


class To(StrEnum):
    """Where a waiting batch is moved."""

    FIRST = "first"
    UP = "up"
    DOWN = "down"
    LAST = "last"


def move_batch(
    batch_id: UUID,
    *,
    to: To | None = None,
    priority: Batch.Priority | None = None,
    by: Actor,
    reason: str = USER_REQUEST,
) -> Batch:
    """Give a waiting batch another priority, then another place: among the urgent ones, or among those behind them.
    What comes later finds its own place as always.

    Effects, in order: its `priority` and `queued_as_of`, those of others that stood too close to let it in between, a
    ControlEvent, the board; none of them when all is so already. Raises NotFound, WrongState for a batch that does not
    wait any more, BadValue when neither is said.
    """
    check_text("reason", reason, LONGEST_REASON)
    if to is None and priority is None:
        raise BadValue(_("Say where to move it, or which priority it shall have."), field="to")
    station = find_batch(batch_id).station_id
    with transaction.atomic():
        lock_limits(station)  # one move at a time, so that each finds the order that the last one has left
        batch = find_locked(batch_id)
        if batch.state != State.QUEUED:
            sentence = _("The batch does not wait any more (%(state)s), so it has no place in the queue.")
            raise WrongState(sentence % {"state": State(batch.state).label})
        before = _standing(batch)
        if priority is not None:
            batch.priority = priority
            Batch.objects.filter(pk=batch.pk, state=State.QUEUED).update(priority=priority)
        if to is not None:
            _place(batch, to)
        after = _standing(batch)
        if after != before:
            _record(batch, to, before, after, by=by, reason=reason)
    batch.refresh_from_db()
    return batch


def line_of(batch: Batch) -> QuerySet[Batch]:
    """All that wait for the same, in their order. Lanes have one line, also for what waits for a certain lane."""
    if batch.slot is not None and batch.slot.kind == Slot.Kind.SLOT:
        which = Q(slot=batch.slot_id)
    else:
        which = Q(slot=None) | Q(slot__kind=Slot.Kind.LANE)
    return Batch.objects.filter(which, station=batch.station_id, state=State.QUEUED).order_by(*best_first())


def place_of(batch: Batch) -> int:
    """In its line, from 1; 1 also for what does not wait any more."""
    return Batch.objects.filter(goes_before(batch), pk__in=line_of(batch)).count() + 1


def _standing(batch: Batch) -> dict[str, object]:
    return {"priority": Batch.Priority(batch.priority).name, "place": place_of(batch)}


def _place(batch: Batch, to: To) -> None:
    """Put it between its new neighbours; who stands so close behind that nothing fits between goes behind it.

    What is urgent moves before all others only, and these behind it.
    """
    line = [other for other in line_of(batch) if is_urgent(other) is is_urgent(batch)]
    here = next(place for place, other in enumerate(line) if other.pk == batch.pk)
    others = line[:here] + line[here + 1 :]
    there = {To.FIRST: 0, To.UP: max(0, here - 1), To.DOWN: here + 1, To.LAST: len(others)}[to]
    if min(there, len(others)) == here:
        return
    before, behind = others[:there], others[there:]
    turn = _between(turn_of(before[-1]) if before else None, turn_of(behind[0]) if behind else None)
    _give_turn(batch, turn)
    for other in behind:
        if turn_of(other) > turn:
            break
        turn += LEAST
        _give_turn(other, turn)


def _between(before: datetime | None, behind: datetime | None) -> datetime:
    if before is None:
        assert behind is not None
        return behind - APART
    if behind is None:
        return before + APART
    return before + max(LEAST, (behind - before) / 2)


def _give_turn(batch: Batch, turn: datetime) -> None:
    batch.queued_as_of = turn + head_start(batch.priority)
    Batch.objects.filter(pk=batch.pk, state=State.QUEUED).update(queued_as_of=batch.queued_as_of)


def _record(
    batch: Batch, to: To | None, before: dict[str, object], after: dict[str, object], *, by: Actor, reason: str
) -> None:
    details = {"to": to.value} if to is not None else {}
    changes = {"before": before, "after": after, "details": details}
    record_control_event(ControlEvent.Kind.BATCH_MOVE, by=by, reason=reason, batch=batch, at_once=True, **changes)
    tell_board(batch, Kind.BATCH_MOVED)
