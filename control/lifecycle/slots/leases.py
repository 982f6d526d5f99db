"""Leases: a batch takes all instruments of its slot at once, or waits for whoever holds one of them.

All of them, whatever its sequence needs: at the end of a run the guard makes the whole slot safe. Always in one order,
so that two batches never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from control.lifecycle.doorbell import ring_slot
from control.lifecycle.refusals import WrongState
from control.models import Batch
from control.states import State
from stations.models import Instrument, Lease, Slot


@dataclass(frozen=True)
class Holder:
    """A batch that holds an instrument which another slot needs, too."""

    instrument: str  # its name
    batch: UUID
    name: str  # of the batch
    slot: str


def lease_instruments(batch: Batch, slot: Slot) -> None:
    """Take them all, or raise IntegrityError. Call inside a transaction: it is void then."""
    Lease.objects.bulk_create(Lease(instrument_id=pk, holder=batch.pk) for pk in _leased(slot))


def free_instruments(batch: Batch) -> None:
    """Give back what a batch holds, and ring the slots that wait for it. Call inside a transaction."""
    names = set(Lease.objects.filter(holder=batch.pk).values_list("instrument", flat=True))
    if not names:
        return
    Lease.objects.filter(holder=batch.pk).delete()
    waiting = Slot.objects.filter(station=batch.station_id, batches__state=State.QUEUED).exclude(pk=batch.slot_id)
    for slot in waiting.distinct():
        if not names.isdisjoint(_names(slot)):
            transaction.on_commit(partial(ring_slot, slot))


def holders_of(slot: Slot) -> list[Holder]:
    """Whoever on other slots holds instruments of this one, by the instrument's name."""
    return holders_by_slot([slot]).get(slot.pk, [])


def check_not_held(slots: Iterable[Slot]) -> None:
    """Raises WrongState, with the name of the batch on another slot that holds an instrument of one of these."""
    for slot, [holder, *_others] in holders_by_slot(slots).items():
        sentence = _("%(instrument)s of %(slot)s is used by %(name)s on %(other)s. Wait for its end, or stop it.")
        words = {"instrument": holder.instrument, "slot": slot, "name": holder.name, "other": holder.slot}
        raise WrongState(sentence % words)


def why_neighbour_unsafe(slot: Slot) -> str:
    """Why nothing may begin in a slot that shares an instrument with one that is not known to be safe; else empty.

    What one slot switches on reaches the bench of the other, whose guard switches it off again each second.
    """
    for other in Slot.objects.filter(station=slot.station_id, unsafe__isnull=False).exclude(pk=slot.pk).order_by("pk"):
        for pk in sorted(set(_leased(slot)) & set(_names(other))):
            sentence = _("%(slot)s shares %(instrument)s with %(other)s, whose safe state was not confirmed.")
            return sentence % {"slot": slot.pk, "instrument": pk.partition("/")[2], "other": other.pk}
    return ""


def holders_by_slot(slots: Iterable[Slot], known: Iterable[Batch] = ()) -> dict[str, list[Holder]]:
    """The same for several slots in one query, and another for batches that are not `known`; others are left out."""
    slots, batches = list(slots), {batch.pk: batch for batch in known}
    names = {name for slot in slots for name in _names(slot)}
    leases = Lease.objects.filter(instrument__in=names).order_by("instrument")
    held = dict(leases.values_list("instrument", "holder"))
    if not held:
        return {}
    if strangers := set(held.values()) - batches.keys():
        batches |= {batch.pk: batch for batch in Batch.objects.filter(pk__in=strangers).only("pk", "name", "slot")}
    found: dict[str, list[Holder]] = {}
    for slot in slots:
        for pk in _names(slot):
            batch = batches.get(held[pk]) if pk in held else None
            if batch is not None and batch.slot_id != slot.pk:
                name = pk.partition("/")[2]
                found.setdefault(slot.pk, []).append(Holder(name, batch.pk, batch.name, batch.slot_id or ""))
    return found


def _names(slot: Slot) -> list[str]:
    """The primary keys of its instruments; one may play two roles."""
    return sorted({f"{slot.station_id}/{name}" for name in slot.instruments.values()})


def _leased(slot: Slot) -> list[str]:
    names = _names(slot)
    if not names:
        return []
    concurrent = set(Instrument.objects.filter(pk__in=names, concurrent=True).values_list("pk", flat=True))
    return [pk for pk in names if pk not in concurrent]
