"""manage.py serve_station: everything that a station's host needs to run batches, until Ctrl-C."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from control.management.awaited_signals import AwaitedSignals
from control.management.listening import add_workers_argument, chosen_lanes
from control.management.refusing import refusing
from control.management.serving import Terminal, bring_up, ended_early, read_station_file, watch_over


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # made while the station is brought up, where they end in a refusal
    help = "Take in the station file and serve its slots and lanes until Ctrl-C. Needs a migrated database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--with-bench", action="store_true", help="play the instruments that have a `simulation`")
        add_workers_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        terminal = Terminal(self.stdout, self.stderr)
        with AwaitedSignals(signal.SIGINT, signal.SIGTERM) as stop, ended_early(terminal):
            with refusing():
                described = read_station_file()
                lanes = chosen_lanes(described.server, options["workers"])
                processes = bring_up(terminal, described, lanes, stop, with_bench=options["with_bench"])
            watch_over(processes, stop, terminal)
