"""manage.py estop: switch off and latch, at once. Works without a database and never asks."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from control.lifecycle.press import press_emergency_stop
from control.management.refusing import person_at_the_keyboard, refusing
from control.management.scopes import add_scope_arguments, how_to_reset, scope_of


class Command(BaseCommand):
    help = "Kill what runs, switch off, latch. Default: the station of this host. Works without a database."
    requires_system_checks: list[str] = []  # no check may stand between the key and the guards

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope_arguments(parser)
        parser.add_argument("--reason", default="", help="optional")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusing():
            scope = scope_of(options)
        pressed = press_emergency_stop(scope, by=person_at_the_keyboard(), reason=options["reason"])
        for line in pressed.lines():
            self.stdout.write(line)
        self.stdout.flush()
        recorded = pressed.record()
        if pressed.answers:
            self.stdout.write(how_to_reset(scope))
        elif recorded:
            self.stdout.write(f"{scope} has no slot on this host: its own host has been told through the database.")
        if not recorded:
            self.stderr.write("The database is away: the record is written as soon as it is back.")
        sys.exit(0 if pressed.confirmed else 1)
