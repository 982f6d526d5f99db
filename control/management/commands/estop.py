"""manage.py estop: switch off and latch, at once. Works without a database and never asks."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from control.lifecycle.safety.guards_said import after_stop, record_note, stop_verdict
from control.lifecycle.safety.press import press_emergency_stop
from control.management.refusing import person_at_the_keyboard, refusing
from control.management.scopes import add_scope_arguments, how_to_reset, scope_of, slot_lines


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
        for line in slot_lines(after_stop(pressed.answers)):
            self.stdout.write(line)
        self.stdout.flush()
        recorded = pressed.record()
        if note := record_note(pressed.answers, recorded=recorded):
            self.stderr.write(note)
        self.stdout.write(stop_verdict(scope, pressed.answers, recorded=recorded))
        if pressed.answers or recorded:
            self.stdout.write(how_to_reset(scope))
        sys.exit(0 if pressed.confirmed else 1)
