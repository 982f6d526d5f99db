"""Telling everybody that this station's host is alive, by the database's own clock."""

from __future__ import annotations

import os

from django.db.models.functions import Now

from stations.models import Station


def beat(station: str) -> None:
    """With how its host does: the load of the last minute, and by how many processors that is shared."""
    load = {"load": round(os.getloadavg()[0], 2), "processors": os.cpu_count() or 1}
    Station.objects.filter(pk=station).update(heartbeat_at=Now(), host_load=load)


def fall_silent(station: str) -> None:
    """Say that the station has stopped on purpose, so that nobody waits for its heartbeat to grow old."""
    Station.objects.filter(pk=station).update(heartbeat_at=None)
