"""Who waits for a slot, and behind whom."""

from __future__ import annotations

from django.db.models import Q

from control.models import Batch
from control.states import ACTIVE, State


def batches_ahead(batch: Batch) -> int:
    """Count what runs or waits before a queued batch: on its slot, or for any lane of its station."""
    place = Q(slot=batch.slot) if batch.slot_id else Q(station=batch.station, slot=None) | Q(slot__kind="LANE")
    first = Q(priority__gt=batch.priority) | Q(priority=batch.priority, pk__lt=batch.pk)
    return Batch.objects.filter(place, Q(state__in=ACTIVE) | Q(state=State.QUEUED) & first).count()
