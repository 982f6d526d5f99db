"""What this installation is: versions, host, stations, what is switched on. Nothing of it is secret."""

from __future__ import annotations

import platform
import socket
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone

from control import __version__
from control.history.facts import Facts, iso
from control.metrics.disk import disk_use
from stations.models import Slot, Station
from stations.provisioning import ALIVE_FOR
from stations.safety import client

STARTED_AT = timezone.now()  # of this process, which loads its pages at once


def read_info(now: datetime) -> Facts:
    """Facts of the host that answers, and the stations of its database."""
    use = disk_use(settings.DATA_DIR)
    stations = read_stations()
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.release()}",
        "host": socket.gethostname(),
        "time": iso(now),
        "time_zone": settings.TIME_ZONE,
        "languages": [code for code, _name in settings.LANGUAGES],
        "started_at": iso(STARTED_AT),
        "uptime_s": round((now - STARTED_AT).total_seconds()),
        "database": {"kind": connection.vendor, "version": _database_version()},
        "disk": {"percent": round(use.percent, 1), "free": use.free},
        "stations": stations,
        "roles": ["pages", *(["station"] if any(station["here"] and station["alive"] for station in stations) else [])],
        "features": {
            "backend": any(station["backend"] for station in stations),
            "debug": settings.DEBUG,
            "package_drivers": sorted(settings.PACKAGE_DRIVERS),
        },
    }


def read_stations() -> list[Facts]:
    """Every station of the database, in one query. `here`: it belongs to the host that answers."""
    here = station_of_this_host()
    beats = Q(heartbeat_at__gt=Now() - ALIVE_FOR)
    kinds = {"slot_count": Slot.Kind.SLOT, "lane_count": Slot.Kind.LANE}
    counts = {
        name: Count("slots", filter=Q(slots__kind=kind, slots__in_service=True), distinct=True)
        for name, kind in kinds.items()
    }
    stations = Station.objects.annotate(alive=beats & Q(heartbeat_at__isnull=False), **counts).order_by("pk")
    return [
        {
            "id": station.pk,
            "name": station.name,
            "host": station.host,
            "here": station.pk == here,
            "alive": bool(station.alive),
            "last_sign_of_life": iso(station.heartbeat_at),
            "time_zone": station.time_zone,
            "default_sequence": station.default_sequence,
            "slots": station.slot_count,
            "lanes": station.lane_count,
            "backend": bool(station.configuration.get("backend")),
        }
        for station in stations
    ]


def station_of_this_host() -> str:
    """The station that was started last on this data directory; empty for a host that only shows pages."""
    for slot in client.slots_known(settings.STATION_PATHS):
        return slot.partition("/")[0]
    return ""


def _database_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        return str(cursor.fetchone()[0])
