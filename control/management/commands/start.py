"""manage.py start: a laptop's whole installation, from an empty folder to a batch that moves on a page."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from control import __version__
from control.management.awaited_signals import AwaitedSignals
from control.management.child_logs import ChildLogs
from control.management.demo import DemoWatch, NoDemo, begin_demo
from control.management.first_login import FirstLogin
from control.management.listening import (
    Address,
    add_address_arguments,
    add_workers_argument,
    chosen_address,
    chosen_lanes,
    listen_at,
)
from control.management.migrating import is_new, migrate
from control.management.refusing import refusing
from control.management.serving import (
    Terminal,
    check_installation,
    ended_early,
    read_station_file,
    station_processes,
    tell_checks,
    tell_unsafe_slots,
    waiting_batches,
    watch_over,
)
from control.management.station_processes import StationProcesses, holding_the_station, prepare_folders
from control.management.web_process import WebProcess
from control.management.welcome import Welcome
from stations.station_file import Station

DATABASE_ADVICE = "Start its server, or correct GWANJE_DATABASE_URL."


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # made below, where they end in a refusal
    help = (
        "Prepare everything and serve pages, station and simulated bench until Ctrl-C. Never asks anything. "
        "With --verbosity 2 every log line is shown."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_address_arguments(parser)
        add_workers_argument(parser)
        parser.add_argument("--no-demo", action="store_true", help="start no batch")
        parser.add_argument("--open", action="store_true", help="open the page in a browser")

    def handle(self, *args: Any, **options: Any) -> None:
        self.terminal = Terminal(self.stdout, self.stderr)
        self.welcome = Welcome(self.stdout, self.style)
        with AwaitedSignals(signal.SIGINT, signal.SIGTERM) as stop, ended_early(self.terminal):
            with refusing(DATABASE_ADVICE):
                described = read_station_file()
                address = chosen_address(described.server, options)
                processes, login = self._prepare(described, address, options)
            logs = ChildLogs(settings.STATION_PATHS.logs, self.stdout, self.style, everything=options["verbosity"] > 1)
            processes.pause = stop.pause
            with refusing(DATABASE_ADVICE):
                processes.start()
                try:
                    demo = self._present(described, processes, login, options)
                except BaseException:
                    processes.stop()
                    raise
            watch_over(processes, stop, self.terminal, meanwhile=self._telling(logs, demo))

    def _prepare(
        self, described: Station, address: Address, options: dict[str, Any]
    ) -> tuple[StationProcesses, FirstLogin]:
        """Everything that can be refused. At most the web process runs already, which dies with this one."""
        self.stdout.write(f"\n  {self.style.MIGRATE_HEADING(f'Gwanje {__version__}')}\n\n")
        for note in check_installation():
            self.stderr.write(f"  Note: {note}\n\n")
        paths = settings.STATION_PATHS
        prepare_folders(paths)
        with holding_the_station(paths):
            listener = listen_at(address)
            web = WebProcess(listener, replace(address, port=listener.getsockname()[1]), paths.logs)
            if is_new():
                web.start()  # loads meanwhile; of a database that is not new it has to keep off
            self.welcome.line("database", migrate(described.id))
        login = FirstLogin()
        lanes = chosen_lanes(described.server, options["workers"])
        simulated = any(instrument.simulation for instrument in described.instruments.values())
        processes = station_processes(described, lanes, with_bench=simulated, tell=partial(self.welcome.line, "file"))
        processes.web = web
        return processes, login

    def _present(
        self, described: Station, processes: StationProcesses, login: FirstLogin, options: dict[str, Any]
    ) -> DemoWatch | None:
        """Begin the demo batch while the pages are loading, and tell where it can be watched."""
        assert processes.web is not None
        address = processes.web.address
        lanes = len(processes.configuration["slots"]) - len(described.slots)
        self.welcome.station(described, lanes)
        tell_unsafe_slots(processes, self.terminal)
        for sentence in tell_checks(processes, described):
            self.welcome.line("checked", sentence)
        if left := waiting_batches(described.id):
            self.welcome.line("queue", f"{left} from before, started first")
        demo = None if options["no_demo"] else self._begin_demo(described)
        self.welcome.first_login(login)
        processes.wait_for_web()
        if demo:
            moving = "is running" if demo.wait_until_moving(processes.pause) else "waits for its turn"
            self.welcome.line("batch", f"{demo.batch.name} {moving} on {demo.batch.slot_id}")
        link = self.welcome.link(login, address, demo.batch if demo else None)
        self.welcome.next_steps(described, login, address)
        if options["open"]:
            self.welcome.open_browser(link)
        return demo

    def _begin_demo(self, described: Station) -> DemoWatch | None:
        try:
            return DemoWatch(begin_demo(described))
        except NoDemo as reason:
            self.welcome.line("batch", f"none: {reason}")
            return None

    def _telling(self, logs: ChildLogs, demo: DemoWatch | None) -> Callable[[], None]:
        def tell() -> None:
            logs.tell_new()
            verdict = demo.verdict() if demo else None
            if verdict:
                self.stdout.write(f"{'batch':<13} | {verdict}")
                connection.close()  # nobody needs it here any more
            self.stdout.flush()

        return tell
