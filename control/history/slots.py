"""The slots and lanes of all stations, as they are now."""

from __future__ import annotations

from django.db.models import Count, F, Q
from django.db.models.functions import Now

from control.history.facts import PROVENANCE, Facts, slot_facts
from control.lifecycle.leases import holders_by_slot
from control.models import Batch
from control.states import ACTIVE, State
from stations.models import Slot
from stations.provisioning import ALIVE_FOR


def read_slots(**which: object) -> list[Facts]:
    """Facts of every slot that `which` selects, in three queries however many there are, mostly."""
    alive = Q(station__heartbeat_at__gt=Now() - ALIVE_FOR)
    waiting = Count("batches", filter=Q(batches__state=State.QUEUED))
    slots = list(
        Slot.objects.filter(**which)
        .annotate(alive=alive & Q(station__heartbeat_at__isnull=False), waiting=waiting)
        .annotate(last_beat=F("station__heartbeat_at"))
        .order_by("station", F("kind").desc(), "position")
    )
    running = Batch.objects.filter(state__in=ACTIVE, slot__in=slots).defer(*PROVENANCE, "result", "error")
    active = {batch.slot_id: batch for batch in running}
    holders = holders_by_slot(slots, active.values())
    return [
        slot_facts(
            slot,
            active.get(slot.pk),
            slot.waiting,
            holders.get(slot.pk, []),
            alive=bool(slot.alive),
            last_beat=slot.last_beat,
        )
        for slot in slots
    ]
