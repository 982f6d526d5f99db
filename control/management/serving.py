"""Serving a station from a terminal: taken in, brought up, watched over, ended in order."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.management.base import CommandError, OutputWrapper
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from control.management.awaited_signals import AwaitedSignals
from control.management.refusing import REFUSED
from control.management.station_processes import StartFailed, StationProcesses, warden_settings
from stations.provisioning import StationElsewhere, all_slot_settings, take_in
from stations.station_file import Station, StationFileError, read_station_file

WATCH_EVERY_S = 0.2


@dataclass(frozen=True)
class Terminal:
    """Where the person reads."""

    out: OutputWrapper
    error: OutputWrapper


def bring_up(terminal: Terminal, *, with_bench: bool) -> StationProcesses:
    """Take the station file in and start everything. Raises CommandError with one clear text, and then nothing runs."""
    described = _read_station_file()
    _check_installation()
    lanes = described.server.workers or settings.WORKERS
    _take_in(described, lanes)
    configuration = warden_settings(described.id, all_slot_settings(described, lanes))
    processes = StationProcesses(configuration, Path(settings.STATION_FILE), with_bench)
    try:
        processes.start()
    except StartFailed as failure:
        raise CommandError(str(failure), returncode=REFUSED) from failure
    slots = ", ".join(f"{described.id}/{slot.id}" for slot in described.slots)
    terminal.out.write(f"Station {described.name} is ready: {slots} and {lanes} lanes. Ctrl-C stops it.")
    terminal.out.flush()  # whoever reads a file or a pipe waits for this line
    for slot in processes.unsafe_slots():
        terminal.error.write(
            f"Attention: {slot} did not confirm its safe state. It takes no batch until it does; "
            "check that its instruments are switched on and reachable. Simulated ones need --with-bench."
        )
    return processes


def watch_over(processes: StationProcesses, stop: AwaitedSignals, terminal: Terminal) -> None:
    """Start again what dies, until a signal comes; then end everything in order."""
    while not stop.wait(WATCH_EVERY_S):
        revived = processes.keep_alive()
        if revived:
            terminal.error.write(f"Attention: {revived}.")
    terminal.out.write("Stopping: batches first, then the rest …")
    terminal.out.flush()
    processes.stop()
    terminal.out.write("Stopped.")


def _check_installation() -> None:
    found = [*checks.run_checks(), *checks.run_checks(tags=[checks.Tags.database], databases=["default"])]
    serious = [problem for problem in found if problem.is_serious()]
    if serious:
        raise CommandError("\n".join(f"{each.msg} {each.hint or ''}" for each in serious), returncode=REFUSED)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database is not up to date. Run first: manage.py migrate", returncode=REFUSED)


def _read_station_file() -> Station:
    try:
        return read_station_file(Path(settings.STATION_FILE))
    except StationFileError as error:
        raise CommandError(str(error), returncode=REFUSED) from error


def _take_in(described: Station, lanes: int) -> None:
    try:
        take_in(described, host=socket.gethostname(), time_zone=settings.TIME_ZONE, lanes=lanes)
    except StationElsewhere as error:
        raise CommandError(str(error), returncode=REFUSED) from error
