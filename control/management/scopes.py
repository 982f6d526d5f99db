"""What an emergency stop or a reset is for: one slot, a station, or everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser

from control.lifecycle.safety.guards_said import SlotAnswer
from control.lifecycle.safety.scopes import ALL, find_slot, find_station, station_here


def add_scope_arguments(parser: CommandParser) -> None:
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--slot", help="station/slot; the station of this host may be left out")
    scope.add_argument("--station", help="every slot and lane of a station")
    scope.add_argument("--all", action="store_true", help="every station")


def scope_of(options: dict[str, Any]) -> str:
    """Return the scope that the arguments name; by default the station of this host. Raises Refused."""
    if options["all"]:
        return ALL
    if name := options["slot"]:
        return find_slot(name if "/" in name else f"{station_here()}/{name}")
    return find_station(options["station"]) if options["station"] else station_here()


def slot_lines(lines: Iterable[SlotAnswer]) -> list[str]:
    """What a terminal shows of each slot."""
    return [f"{line['slot']}: {line['sentence']}" for line in lines]


def how_to_reset(scope: str) -> str:
    """The sentence after every emergency stop."""
    flag = "--all" if scope == ALL else f"--slot {scope}" if "/" in scope else f"--station {scope}"
    return f'{scope} is latched. When it is safe: manage.py reset {flag} --reason "…"'
