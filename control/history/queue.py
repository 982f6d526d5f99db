"""Who waits for a slot, and behind whom."""

from __future__ import annotations

from django.db.models import Q

from control.lifecycle.queue_order import goes_before
from control.lifecycle.slots.leases import why_neighbour_unsafe
from control.lifecycle.slots.limits import why_held
from control.lifecycle.slots.service import why_out_of_service
from control.models import Batch
from control.states import ACTIVE, State
from stations.models import Slot


def held_back(batch: Batch) -> str:
    """Why the slot for which a batch waits takes nothing now, or what holds itself back; empty when nothing does."""
    if batch.state != State.QUEUED:
        return ""
    if batch.slot_id is None:
        return why_held(batch)
    slot = Slot.objects.get(pk=batch.slot_id)
    return why_out_of_service(slot) or why_neighbour_unsafe(slot) or why_held(batch)


def batches_ahead(batch: Batch) -> int:
    """Count what runs or waits before a queued batch on its slot; for any lane: 0 while one of its station is free."""
    waits_before = Q(state=State.QUEUED) & goes_before(batch)
    if batch.slot_id:
        return Batch.objects.filter(Q(state__in=ACTIVE) | waits_before, slot=batch.slot_id).count()
    lanes = Slot.objects.filter(station=batch.station_id, kind=Slot.Kind.LANE, in_service=True)
    busy = Batch.objects.filter(slot__in=lanes, state__in=ACTIVE).count()
    waiting = Batch.objects.filter(waits_before, slot=None, station=batch.station_id).count()
    return max(0, busy + waiting + 1 - lanes.count())
