"""What an emergency stop or a reset is for: one slot, a station, or everything."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from control.lifecycle.emergency import ALL
from control.management.refusing import REFUSED
from stations.models import Slot
from stations.safety import client


def add_scope_arguments(parser: CommandParser) -> None:
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--slot", help="station/slot")
    scope.add_argument("--station", help="every slot and lane of a station")
    scope.add_argument("--all", action="store_true", help="every station")


def scope_of(options: dict[str, Any]) -> str:
    """Return the scope that the arguments name; by default the station of this host. Raises CommandError."""
    known = client.slots_known(settings.STATION_PATHS)
    stations = sorted({slot.partition("/")[0] for slot in known})
    if options["all"]:
        return ALL
    if options["slot"]:
        return _slot_named(options["slot"], known, stations)
    if options["station"] in (None, *stations) and stations:
        return options["station"] or stations[0]
    if options["station"] and Slot.objects.filter(station=options["station"]).exists():
        return str(options["station"])
    problem = f"There is no station '{options['station']}'." if options["station"] else "This host has no station."
    raise CommandError(f"{problem} Known here: {', '.join(stations) or 'none'}.", returncode=REFUSED)


def _slot_named(name: str, known: list[str], stations: list[str]) -> str:
    """A slot of this host, with or without its station's name; else one of another host."""
    here = [slot for slot in known if name in (slot, slot.partition("/")[2])]
    if len(here) == 1:
        return here[0]
    if name.partition("/")[0] not in stations and Slot.objects.filter(pk=name).exists():
        return name
    raise CommandError(f"There is no slot '{name}'. Known here: {', '.join(known) or 'none'}.", returncode=REFUSED)


def how_to_reset(scope: str) -> str:
    """The sentence after every emergency stop."""
    flag = "--all" if scope == ALL else f"--slot {scope}" if "/" in scope else f"--station {scope}"
    return f'{scope} is latched. When it is safe: manage.py reset {flag} --reason "…"'
