"""Waking a worker. The task is a door-bell: it names a slot, and the database decides what runs there."""

from __future__ import annotations

from uuid import UUID

from django_q.tasks import async_task

from control.journal import bell
from stations.models import Slot


def cluster_name(station: str, kind: Slot.Kind) -> str:
    """Name the django-q2 cluster of a station's slots or lanes. Each host works its own: only there are the guards."""
    return f"{station}.{kind.value.lower()}s"


def cluster_of(slot: Slot) -> str:
    return cluster_name(slot.station_id, Slot.Kind(slot.kind))


def ring_slot(slot: Slot) -> None:
    """Ask a worker to look after a slot. Ringing twice, late or for nothing does no harm."""
    async_task("control.worker.tasks.tend", slot.pk, cluster=cluster_of(slot))


def wishes_of(batch_id: UUID) -> str:
    """The bell of whoever supervises this batch."""
    return f"wishes/{batch_id}"


def ring_supervisor(batch_id: UUID) -> None:
    bell.ring(wishes_of(batch_id))


# Rung when somebody presses or resets: the housekeeping of every host looks whether its guards are meant.
SAFETY_BELL = "safety"


def ring_safety() -> None:
    bell.ring(SAFETY_BELL)
