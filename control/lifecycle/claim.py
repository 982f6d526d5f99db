"""claim and take over: which batch runs on a slot, and who may write its story, decided by conditional updates."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from control.journal.append import tell_board
from control.journal.kinds import Kind
from control.lifecycle.packages import MANUAL_CONTROL
from control.lifecycle.queue_order import best_first
from control.lifecycle.slots.leases import lease_instruments, why_neighbour_unsafe
from control.lifecycle.slots.limits import is_limited, lock_limits, why_held, without_held
from control.lifecycle.slots.service import comes_back_by_itself
from control.models import Batch, Stream
from control.states import ACTIVE, State
from stations.models import Slot


def claim(slot: Slot) -> Stream | None:
    """Take the best waiting batch of a slot: RUNNING, its instruments leased, its stream ours. None when there is none.

    Losing a race is no error: somebody else runs the batch, or the slot.
    """
    while (batch := best_claimable(slot)) is not None:
        try:
            with transaction.atomic():
                if is_limited(batch):
                    lock_limits(batch.station_id)
                    if why_held(batch):  # since we looked
                        continue
                if _raise_generation(batch.stream, State.QUEUED) and _move_to_running(batch, slot):
                    lease_instruments(batch, slot)
                    tell_board(batch, Kind.BATCH_STARTED)
                    return batch.stream
        except IntegrityError:
            return None  # the slot runs a batch, or an instrument has another holder
    return None


def best_claimable(slot: Slot) -> Batch | None:
    """What `claim` would take now, were the slot free and its instruments too: the best of what no limit holds back."""
    batch = what_waits_for(slot).select_related("stream").order_by(*best_first()).first()
    return None if batch is None or why_neighbour_unsafe(slot) else batch


def take_over(stream: Stream) -> Stream | None:
    """Become the supervisor of a running batch whose last one is gone. None: somebody was faster, or it has ended."""
    with transaction.atomic():
        return stream if _raise_generation(stream, *ACTIVE) else None


def what_waits_for(slot: Slot) -> QuerySet[Batch]:
    """The waiting batches that a slot would take now. Out of service it takes none; but where nothing but the health of
    its instruments keeps it out, people may drive by hand what is left of them. What a limit holds back is left out.
    """
    mine = Q(slot=slot)
    if slot.kind == Slot.Kind.LANE:
        mine |= Q(slot=None, station=slot.station_id)
    waiting = without_held(Batch.objects.filter(mine, state=State.QUEUED), slot.station_id)
    if slot.in_service:
        return waiting
    return waiting.filter(sequence=MANUAL_CONTROL) if comes_back_by_itself(slot) else waiting.none()


def _raise_generation(stream: Stream, *states: State) -> bool:
    """The compare-and-set of everybody who wants to write a story. It also holds the row that is a batch's lock."""
    mine = Stream.objects.filter(pk=stream.pk, generation=stream.generation, batch__state__in=states)
    if not mine.update(generation=stream.generation + 1):
        return False
    stream.generation += 1
    return True


def _move_to_running(batch: Batch, slot: Slot) -> bool:
    batch.state, batch.slot, batch.started_at = State.RUNNING, slot, timezone.now()
    waiting = Batch.objects.filter(pk=batch.pk, state=State.QUEUED)
    return bool(waiting.update(state=batch.state, slot=slot, started_at=batch.started_at))
