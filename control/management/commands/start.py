"""manage.py start: a laptop's whole installation, from an empty folder to a board test that moves in the terminal."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape

from control.lifecycle.submit import Order, submit
from control.management.awaited_signals import AwaitedSignals
from control.management.following import follow_own
from control.management.refusing import person_at_the_keyboard, refusing
from control.management.serving import Terminal, bring_up, watch_over
from control.models import Batch

DEMO_SEQUENCE = "board_test"


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # made while the station is brought up, where they end in a refusal
    help = "Prepare the database, serve the station with its simulated bench, and follow one board test."

    def handle(self, *args: Any, **options: Any) -> None:
        terminal = Terminal(self.stdout, self.stderr)
        with AwaitedSignals(signal.SIGINT, signal.SIGTERM) as stop:
            with refusing():
                call_command("migrate", verbosity=0)
                processes = bring_up(terminal, with_bench=True)
            try:
                self._follow_a_board_test()
            finally:
                if not stop.count:
                    self._say_what_to_do_next()
                watch_over(processes, stop, terminal)

    def _follow_a_board_test(self) -> None:
        by = person_at_the_keyboard()
        with refusing():
            order = Order(DEMO_SEQUENCE, subject="DEMO-1")
            batch = submit(order, by=by, trigger=Batch.Trigger.MANUAL, reason="first start")
        console = Console(highlight=False)
        console.print(f"\n[bold]{escape(batch.name)}[/]  {batch.sequence} {batch.version}  on {batch.slot_id}")
        with AwaitedSignals(signal.SIGINT) as ctrl_c:
            follow_own(batch, console, ctrl_c, by)

    def _say_what_to_do_next(self) -> None:
        self.stdout.write("\nThe station goes on. In another terminal, run the next one:")
        self.stdout.write("  .venv/bin/python manage.py run_batch board_test --slot demo/slot-1 --subject SN-1")
        self.stdout.write("Ctrl-C here stops the station.")
