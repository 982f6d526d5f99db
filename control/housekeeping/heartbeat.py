"""Telling everybody that this station's host is alive, by the database's own clock."""

from __future__ import annotations

from django.db.models.functions import Now

from stations.models import Station


def beat(station: str) -> None:
    Station.objects.filter(pk=station).update(heartbeat_at=Now())


def fall_silent(station: str) -> None:
    """Say that the station has stopped on purpose, so that nobody waits for its heartbeat to grow old."""
    Station.objects.filter(pk=station).update(heartbeat_at=None)
