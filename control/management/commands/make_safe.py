"""manage.py make_safe: switch idle slots off and prove it, now. Latches nothing."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from control.lifecycle.safety.guards_said import after_making_safe, made_safe_verdict
from control.lifecycle.safety.making_safe import make_safe
from control.management.refusing import person_at_the_keyboard, refusing
from control.management.scopes import add_scope_arguments, scope_of, slot_lines


class Command(BaseCommand):
    help = "Bring idle slots into their safe state now, and show what proves it. Default: the station of this host."
    requires_system_checks: list[str] = []  # a station file that somebody is editing does not matter here

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope_arguments(parser)
        parser.add_argument("--reason", default="", help="optional")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusing():
            scope = scope_of(options)
            made = make_safe(scope, by=person_at_the_keyboard(), reason=options["reason"])
        lines = after_making_safe(made.answers)
        for line in [*slot_lines(lines), made_safe_verdict(scope, made.answers)]:
            self.stdout.write(line)
        sys.exit(0 if all(line["confirmed"] for line in lines) else 1)
