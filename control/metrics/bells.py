"""Bells that nobody answers: how long a cluster has not heard what it was rung for."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Min
from django.utils import timezone
from django_q.models import OrmQ

from control.lifecycle.doorbell import cluster_name
from control.models import Batch
from control.states import ACTIVE
from stations.models import Slot

UNHEARD_FOR = timedelta(seconds=60)


def unheard_for(station: str, kind: Slot.Kind) -> timedelta | None:
    """For how long the oldest bell of a cluster has not been heard; None while it is, or while all its workers work."""
    now = timezone.now()
    unheard = OrmQ.objects.filter(key=cluster_name(station, kind), lock__lte=now - UNHEARD_FOR)
    oldest = unheard.aggregate(since=Min("lock"))["since"]
    if oldest is None:
        return None
    places = Slot.objects.filter(station=station, kind=kind, in_service=True)
    working = Batch.objects.filter(slot__in=places, state__in=ACTIVE).count()
    return now - oldest if working < places.count() else None
