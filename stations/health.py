"""Whether anybody is there to run something."""

from __future__ import annotations

import socket

from stations.models import Slot, Station
from stations.paths import StationPaths
from stations.provisioning import is_alive
from stations.safety import client


def station_answers(station: Station, paths: StationPaths) -> bool:
    """Tell whether a station's host works now: here by asking a guard, elsewhere by its heartbeat."""
    if station.host != socket.gethostname():
        return is_alive(station)
    slot = Slot.objects.filter(station=station, in_file=True).first()
    return slot is not None and client.status(paths, slot.pk) is not None
