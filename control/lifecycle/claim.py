"""claim and take over: which batch runs on a slot, and who may write its story, decided by conditional updates."""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from control.journal.append import tell_board
from control.journal.kinds import Kind
from control.models import Batch, Stream
from control.states import ACTIVE, State
from stations.models import Instrument, Lease, Slot


def claim(slot: Slot) -> Stream | None:
    """Take the best waiting batch of a slot: RUNNING, its instruments leased, its stream ours. None when there is none.

    Losing a race is no error: somebody else runs the batch, or the slot.
    """
    try:
        with transaction.atomic():
            batch = _best_waiting(slot)
            if batch is None or not _move_to_running(batch, slot):
                return None
            _lease_instruments(batch, slot)
            stream = _raise_generation(batch)
            tell_board(batch, Kind.BATCH_STARTED)
            return stream
    except IntegrityError:
        return None  # the slot runs a batch, or an instrument has another holder


def take_over(batch: Batch, generation: int) -> Stream | None:
    """Become the supervisor of a running batch whose last one, of `generation`, is gone. None: somebody was faster."""
    with transaction.atomic():
        return _raise_generation(batch, generation=generation)


def _best_waiting(slot: Slot) -> Batch | None:
    mine = Q(slot=slot)
    if slot.kind == Slot.Kind.LANE:
        mine |= Q(slot=None, station=slot.station)
    waiting = Batch.objects.filter(mine, state=State.QUEUED).order_by("-priority", "pk")
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True)
    return waiting.first()


def _move_to_running(batch: Batch, slot: Slot) -> bool:
    moved = Batch.objects.filter(pk=batch.pk, state=State.QUEUED).update(
        state=State.RUNNING, slot=slot, started_at=timezone.now()
    )
    batch.refresh_from_db()
    return bool(moved)


def _lease_instruments(batch: Batch, slot: Slot) -> None:
    instruments = Instrument.objects.filter(station=slot.station_id, name__in=slot.instruments.values())
    Lease.objects.bulk_create(Lease(instrument=instrument, holder=batch.pk) for instrument in instruments)


def _raise_generation(batch: Batch, **seen: int) -> Stream | None:
    mine = Stream.objects.filter(batch=batch, batch__state__in=ACTIVE, **seen)
    if not mine.update(generation=F("generation") + 1):
        return None
    return Stream.objects.select_related("batch__slot", "batch__station").get(batch=batch)
