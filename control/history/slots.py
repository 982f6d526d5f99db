"""The slots and lanes of all stations, as they are now."""

from __future__ import annotations

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Now

from control.history.facts import PROVENANCE, Facts, instrument_facts, slot_facts
from control.lifecycle.slots.leases import holders_by_slot
from control.models import Batch
from control.states import ACTIVE, State
from stations.models import Instrument, Slot
from stations.provisioning import ALIVE_FOR


def read_slots(**which: object) -> list[Facts]:
    """Facts of every slot that `which` selects, in four queries however many there are, mostly."""
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
    instruments = _instruments_of(slots)
    holders = holders_by_slot(slots, active.values())
    return [
        slot_facts(
            slot,
            active.get(slot.pk),
            slot.waiting,
            instruments.get(slot.pk, []),
            holders.get(slot.pk, []),
            alive=bool(slot.alive),
            last_beat=slot.last_beat,
        )
        for slot in slots
    ]


def read_instruments() -> list[Facts]:
    """Facts of every instrument, in one query."""
    return [instrument_facts(row) for row in _with_station(Instrument.objects.order_by("station", "name"))]


def _instruments_of(slots: list[Slot]) -> dict[str, list[Instrument]]:
    """In the order of their roles; one that plays two of them comes once."""
    ids = {slot.pk: dict.fromkeys(f"{slot.station_id}/{name}" for name in slot.instruments.values()) for slot in slots}
    wanted = {pk for names in ids.values() for pk in names}
    found = {row.pk: row for row in _with_station(Instrument.objects.filter(pk__in=wanted))}
    return {slot: [found[pk] for pk in names if pk in found] for slot, names in ids.items()}


def _with_station(rows: QuerySet[Instrument]) -> QuerySet[Instrument]:
    """What is overdue depends on the station's time zone. Its configuration is large, and nobody needs it here."""
    return rows.select_related("station").defer("station__configuration")
