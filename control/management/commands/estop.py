"""manage.py estop: switch off and latch, at once. Works without a database and never asks."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from control.lifecycle.emergency import ALL
from control.lifecycle.press import press_emergency_stop
from control.management.refusing import REFUSED, person_at_the_keyboard
from stations.safety import client


class Command(BaseCommand):
    help = "Kill what runs, switch off, latch. Default: the station of this host. Works without a database."
    requires_system_checks: list[str] = []  # nothing may stand between the key and the guards

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope_arguments(parser)
        parser.add_argument("--reason", default="", help="optional")

    def handle(self, *args: Any, **options: Any) -> None:
        scope = scope_of(options)
        pressed = press_emergency_stop(scope, by=person_at_the_keyboard(), reason=options["reason"])
        for line in pressed.lines():
            self.stdout.write(line)
        self.stdout.flush()
        if pressed.record():
            self.stdout.write(f'{scope} is latched. When it is safe: manage.py reset {_flag(scope)} --reason "…"')
        else:
            self.stderr.write("The database is away: the record is written as soon as it is back.")
        sys.exit(0 if pressed.confirmed else 1)


def add_scope_arguments(parser: CommandParser) -> None:
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--slot", help="station/slot")
    scope.add_argument("--station", help="every slot and lane of a station")
    scope.add_argument("--all", action="store_true", help="every station")


def scope_of(options: dict[str, Any]) -> str:
    """Return the scope that the arguments name; by default the station of this host."""
    if options["all"]:
        return ALL
    named = options["slot"] or options["station"]
    known = client.slots_known(settings.STATION_PATHS)
    if not named and not known:
        raise CommandError("This host has no station. Name one: --station NAME, or --all.", returncode=REFUSED)
    stations = {slot.partition("/")[0] for slot in known}
    if named and named not in known and named.partition("/")[0] in stations and "/" in named:
        raise CommandError(f"There is no slot '{named}' here. Known: {', '.join(known)}.", returncode=REFUSED)
    return named or known[0].partition("/")[0]


def _flag(scope: str) -> str:
    if scope == ALL:
        return "--all"
    return f"--slot {scope}" if "/" in scope else f"--station {scope}"
