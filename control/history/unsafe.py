"""The slots of all stations whose safe state was not confirmed and that nobody has cleared: every page shows them."""

from __future__ import annotations

from control.history.facts import Facts, unsafe_facts
from stations.models import Slot


def read_unsafe() -> list[Facts]:
    """In one query; mostly none."""
    marked = Slot.objects.filter(unsafe__isnull=False).order_by("station", "-kind", "position")
    return [{"id": slot.pk, "station": slot.station_id, "unsafe": unsafe_facts(slot.unsafe)} for slot in marked]
