"""What an emergency stop or a reset is for: slot, station or all. What this host has is known without a database."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from control.lifecycle.refusals import BadValue, UnknownName, can_be_kept
from stations.models import Slot, Station
from stations.safety import client

ALL = "all"


def slots_here(scope: str = ALL) -> list[str]:
    """The slots of a scope that have their guards on this host."""
    known = client.slots_known(settings.STATION_PATHS)
    return [slot for slot in known if scope in (ALL, slot, _station_of(slot))]


def rows_in(scope: str, *, slot: str) -> Q:
    """The rows that a scope covers, on whatever host. `slot`: their field that names a slot; all have `station`."""
    if scope == ALL:
        return Q()
    return Q(**{slot if "/" in scope else "station": scope})


def station_here() -> str:
    """The station of this host, which has one at most. Raises BadValue when it has none."""
    for slot in slots_here():
        return _station_of(slot)
    raise BadValue(_("This host has no station. Name a slot or a station, or all."))


def scope_here() -> str:
    """What the button of a page stops: the station of this host, or all when it has none."""
    try:
        return station_here()
    except BadValue:
        return ALL


def find_scope(name: str) -> str:
    """Return the scope of this name. Raises UnknownName for what is no slot, no station and not all."""
    if name == ALL:
        return ALL
    return find_slot(name) if "/" in name else find_station(name)


def find_slot(name: str) -> str:
    """Return the name of a slot. Raises UnknownName."""
    return _find("slot", name, slots_here(), Slot.objects)


def find_station(name: str) -> str:
    """Return the name of a station. Raises UnknownName."""
    return _find("station", name, map(_station_of, slots_here()), Station.objects)


def _find(what: str, name: str, here: Iterable[str], rows: QuerySet[Slot] | QuerySet[Station]) -> str:
    """The database is asked only about what is not on this host."""
    if name in here:
        return name
    if can_be_kept(name) and rows.filter(pk=name).exists():
        return name
    raise UnknownName(what, name, rows.values_list("pk", flat=True))


def _station_of(slot: str) -> str:
    return slot.partition("/")[0]
