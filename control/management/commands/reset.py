"""manage.py reset: lift an emergency stop, and clear what was not confirmed, with a reason. Starts nothing."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from control.lifecycle.safety.guards_said import after_reset, is_unsafe, reset_verdict
from control.lifecycle.safety.press import reset
from control.management.refusing import person_at_the_keyboard, refusing
from control.management.scopes import add_scope_arguments, scope_of, slot_lines


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # a station file that somebody is editing does not matter here
    help = (
        "Lift an emergency stop, and clear slots whose safe state was not confirmed, if it can be confirmed now. "
        "Say why it is safe to go on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope_arguments(parser)
        parser.add_argument("--reason", required=True, help="why it is safe to go on; kept in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusing():
            scope = scope_of(options)
            answers = reset(scope, by=person_at_the_keyboard(), reason=options["reason"], clears=True)
        for line in [*slot_lines(after_reset(answers)), reset_verdict(scope, answers)]:
            self.stdout.write(line)
        sys.exit(1 if any(map(is_unsafe, answers.values())) else 0)
