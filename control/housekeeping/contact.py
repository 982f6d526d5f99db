"""Stations that fell silent without saying so. Their batches stay as they are: only their own host moves them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from control.housekeeping.telling import holding_alerts, signed, tell, told_before
from control.models import Batch
from control.states import LIVE
from stations.models import Station
from stations.provisioning import ALIVE_FOR

WATCH = "contact"


class ContactWatch:
    """One housekeeping's eye on the stations of other hosts."""

    def __init__(self, station: str) -> None:
        self.station = station
        self._known: set[tuple[str, datetime]] = set()  # silences that are no news: station, last sign of life

    def tell_lost(self) -> list[str]:
        """Tell each silence of a station with live batches once, whoever notices it; return those stations."""
        lost = [station for station in self._silent() if (station.pk, station.heartbeat_at) not in self._known]
        told = [station.pk for station in lost if _tell(station)]
        self._known |= {(station.pk, station.heartbeat_at) for station in lost}
        return told

    def _silent(self) -> list[Station]:
        live = Batch.objects.filter(station=OuterRef("pk"), state__in=LIVE)
        others = Station.objects.exclude(pk=self.station).filter(Exists(live))
        return list(others.filter(heartbeat_at__lte=Now() - ALIVE_FOR))  # none at all: stopped on purpose


def _tell(station: Station) -> bool:
    """False when another housekeeping was first."""
    since = station.heartbeat_at.isoformat()
    with holding_alerts():
        if told_before(WATCH, station.pk, since=since).exists():
            return False
        batches = Batch.objects.filter(station=station, state__in=LIVE).count()
        message = (
            f"Contact with station {station.pk} on {station.host} is lost, while {batches} of its batches ran or "
            "waited. Look after it there: nobody else moves them."
        )
        tell(message, "ERROR", signed(WATCH, station.pk) | {"since": since})
    return True
