"""Taking a station file into the database: afterwards the rows say what the file says, however often it is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from stations import station_file
from stations.contracts import SlotSettings
from stations.driver_options import SECRET_OPTIONS
from stations.models import Instrument, Slot, Station
from stations.station_changes import Change, find_changes

# A station whose heart has beaten this recently is alive.
ALIVE_FOR = timedelta(seconds=5)


class StationElsewhere(Exception):
    """Another host serves this station right now."""


def lane_names(lanes: int) -> list[str]:
    return [f"lane-{number}" for number in range(1, lanes + 1)]


def all_slot_settings(described: station_file.Station, lanes: int) -> list[SlotSettings]:
    """What the guards need to know: the slots of the file, and lanes, which are slots without instruments."""
    extra = [SlotSettings(slot=f"{described.id}/{name}", instruments={}) for name in lane_names(lanes)]
    return [*station_file.slot_settings(described), *extra]


def take_in(described: station_file.Station, *, host: str, time_zone: str, lanes: int) -> Station:
    """Write the station, its instruments, slots and lanes; what the file no longer names goes out of service.

    Raises StationElsewhere when another host is serving a station of this name.
    """
    with transaction.atomic():
        _check_not_elsewhere(described.id, host)
        configuration = configuration_of(described)
        station, _ = Station.objects.update_or_create(
            pk=described.id,
            defaults={
                "name": described.name,
                "time_zone": described.time_zone or time_zone,
                "default_sequence": described.default_sequence,
                "host": host,
                "analyses": described.server.analyses,
                "configuration": configuration,
                "configuration_sha256": hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest(),
            },
        )
        _take_in_instruments(station, described)
        _take_in_slots(station, described, lanes)
    return station


def changes_by(described: station_file.Station) -> list[Change] | None:
    """What taking the file in would change for people; None for a station that the database does not know yet."""
    known = Station.objects.filter(pk=described.id).values_list("configuration", flat=True).first()
    return None if known is None else find_changes(known, configuration_of(described))


def configuration_of(described: station_file.Station) -> dict[str, Any]:
    """The station as its row and its batches keep it. Of a secret only a mark is left, which changes when it does."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(described), default=str))
    if found["backend"]:
        found["backend"]["key"] = _mark(found["backend"]["key"])
    for instrument in found["instruments"].values():
        instrument["options"] = _marked(instrument["options"])
    return found


def _marked(value: Any) -> Any:
    """Options without their secrets, however deep they stand."""
    if isinstance(value, list):
        return [_marked(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _mark(each) if name in SECRET_OPTIONS else _marked(each) for name, each in value.items()}


def _mark(secret: Any) -> str:
    return f"secret {salted_hmac('gwanje station file', json.dumps(secret, sort_keys=True)).hexdigest()[:8]}"


def is_alive(station: Station) -> bool:
    """Tell by the database's own clock whether the station's host is working."""
    return Station.objects.filter(pk=station.pk, heartbeat_at__gt=Now() - ALIVE_FOR).exists()


def _check_not_elsewhere(station_id: str, host: str) -> None:
    other = Station.objects.exclude(host=host).filter(pk=station_id, heartbeat_at__gt=Now() - ALIVE_FOR).first()
    if other is not None:
        raise StationElsewhere(
            f"Station '{station_id}' is being served by host {other.host}. Stop it there, or give this one another id."
        )


def _take_in_instruments(station: Station, described: station_file.Station) -> None:
    rows = [
        Instrument(
            id=f"{station.pk}/{name}",
            station=station,
            name=name,
            driver=instrument.driver,
            resource=instrument.resource,
            calibration_due=instrument.calibration_due,
            concurrent=instrument.shared == station_file.CONCURRENT,
        )
        for name, instrument in described.instruments.items()
    ]
    _write(rows, "station", "name", "driver", "resource", "calibration_due", "concurrent")
    Instrument.objects.filter(station=station).exclude(name__in=described.instruments).delete()


def _take_in_slots(station: Station, described: station_file.Station, lanes: int) -> None:
    rows = [
        Slot(name=slot.id, kind=Slot.Kind.SLOT, sequence=slot.sequence, instruments=slot.instruments)
        for slot in described.slots
    ]
    rows += [Slot(name=name, kind=Slot.Kind.LANE, sequence="", instruments={}) for name in lane_names(lanes)]
    for position, row in enumerate(rows):
        row.id, row.station, row.position, row.in_file = f"{station.pk}/{row.name}", station, position, True
    _write(rows, "station", "name", "kind", "sequence", "instruments", "position", "in_file")
    # Its batches keep their slot: a slot that is gone from the file is kept, but takes no work.
    Slot.objects.filter(station=station).exclude(name__in=[row.name for row in rows]).update(in_file=False)


def _write(rows: Sequence[Instrument] | Sequence[Slot], *facts: str) -> None:
    """Create rows, or bring the facts of those that exist up to date. What else is known of them stays."""
    if rows:
        type(rows[0]).objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=facts)
