"""Repairing what a death left behind: supervisors that are gone, bells that were lost, tasks that nobody will run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django_q.models import Failure, OrmQ

from control.lifecycle import presence
from control.lifecycle.chunks.help import needing_help
from control.lifecycle.claim import what_waits_for
from control.lifecycle.doorbell import cluster_of, ring_slot
from control.lifecycle.slots.leases import why_neighbour_unsafe
from control.models import Batch, Helper
from control.states import ACTIVE, TERMINAL
from stations.models import Slot

# django-q2 locks a task for `retry` seconds when it delivers it, and forgets it when its worker is killed.
DELIVERED_FOR = timedelta(seconds=60)
FAILURES_FOR = timedelta(days=7)


def wake_abandoned(station: str) -> list[str]:
    """Ring for runs whose supervisor died or froze; return their slots. Looks at files only while all is well."""
    abandoned = presence.abandoned()
    if not abandoned:
        return []
    batches = Batch.objects.filter(pk__in=abandoned, state__in=TERMINAL)
    helpers = Helper.objects.filter(pk__in=abandoned, ended_at__isnull=False)
    ended = {str(pk) for pk in [*batches.values_list("pk", flat=True), *helpers.values_list("pk", flat=True)]}
    for one in ended:
        presence.forget(one)
    slots = {slot for one, slot in abandoned.items() if one not in ended}
    return _ring_those(Slot.objects.filter(pk__in=slots, station=station))


def sweep(station: str) -> list[str]:
    """Ring for every slot that has something to do and nobody who does it; return those slots."""
    return _ring_those(slot for slot in Slot.objects.filter(station=station) if _needs_somebody(slot))


def _ring_those(slots: Iterable[Slot]) -> list[str]:
    rung = [slot for slot in slots if not _is_rung(slot)]
    for slot in rung:
        ring_slot(slot)
    return [slot.pk for slot in rung]


def _needs_somebody(slot: Slot) -> bool:
    running = Batch.objects.filter(slot=slot, state__in=ACTIVE).values_list("pk", flat=True).first()
    if running is not None:
        return not presence.is_supervised(running)
    helping = Helper.objects.filter(slot=slot, ended_at=None).values_list("pk", flat=True).first()
    if helping is not None:
        return not presence.is_supervised(helping)
    if slot.kind == Slot.Kind.LANE and slot.in_service and needing_help(slot).exists():
        return True
    return what_waits_for(slot).exists() and not why_neighbour_unsafe(slot)


def _is_rung(slot: Slot) -> bool:
    """Tell whether enough bells wait undelivered: the slot's cluster is away, and more would only pile up."""
    queue = OrmQ.objects.filter(key=cluster_of(slot), lock__lte=timezone.now())
    return queue.count() >= Slot.objects.filter(station=slot.station_id).count()


def drop_delivered_tasks() -> int:
    """Delete tasks that were delivered long ago and never acknowledged. Their slot is rung again where need be."""
    retry = timedelta(seconds=settings.Q_CLUSTER["retry"])
    Failure.objects.filter(stopped__lt=timezone.now() - FAILURES_FOR).delete()
    dropped, _ = OrmQ.objects.filter(lock__gt=timezone.now(), lock__lt=timezone.now() + retry - DELIVERED_FOR).delete()
    return dropped
