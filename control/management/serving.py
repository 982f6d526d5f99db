"""Serving a station from a terminal: checked, taken in, brought up, watched over, ended in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.management.base import CommandError, OutputWrapper
from django.db import Error, connection

from control.lifecycle.station_files import plan_station_files, take_in_station
from control.lifecycle.stopping import being_stopped
from control.management.awaited_signals import AwaitedSignals, Interrupted
from control.management.checked_slots import checked_slots
from control.management.in_use import check_restored
from control.management.migrating import pending
from control.management.refusing import REFUSED, person_at_the_keyboard
from control.management.station_processes import StationProcesses, warden_settings
from control.management.stopping import StopStory
from control.models import Batch
from control.states import State
from stations.provisioning import StationElsewhere, all_slot_settings
from stations.safety.unsafe_mark import told_in_english
from stations.station_changes import in_one_line
from stations.station_file import Station, StationFileError
from stations.station_file import read_station_file as read

WATCH_EVERY_S = 0.2
# The checks of addresses, templates and admin would load every page into processes that show none.
CHECKED = [checks.Tags.files, checks.Tags.compatibility, checks.Tags.security]
STATION_FILE = "control.E006"


@dataclass(frozen=True)
class Terminal:
    """Where the person reads."""

    out: OutputWrapper
    error: OutputWrapper

    def tell(self, sentence: str) -> None:
        """One line, seen at once also by whoever reads a file or a pipe."""
        self.out.write(sentence)
        self.out.flush()

    def warn(self, sentence: str) -> None:
        self.error.write(f"Attention: {sentence}")
        self.error.flush()


def bring_up(
    terminal: Terminal, described: Station, lanes: int, stop: AwaitedSignals, *, with_bench: bool
) -> StationProcesses:
    """Take the station file in and start everything.

    Raises CommandError, StartFailed or Interrupted, and then nothing runs.
    """
    check_installation()
    check_migrated()
    processes = station_processes(
        described, lanes, with_bench=with_bench, tell=lambda news: terminal.out.write(f"Station file: {news}")
    )
    processes.pause = stop.pause
    processes.start()
    slots = ", ".join(f"{described.id}/{slot.id}" for slot in described.slots)
    terminal.out.write(f"Station {described.name} is ready: {slots} and {lanes} lanes. Ctrl-C stops it.")
    terminal.out.flush()  # whoever reads a file or a pipe waits for this line
    tell_unsafe_slots(processes, terminal)
    for sentence in tell_checks(processes, described):
        terminal.out.write(sentence)
    return processes


def check_installation(*, with_station: bool = True) -> list[str]:
    """Return what is worth knowing, in sentences. Raises CommandError or StartFailed with what forbids a start."""
    check_restored(settings.STATION_PATHS)
    found = checks.run_checks(tags=CHECKED)
    found += checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    if not with_station:
        found = [problem for problem in found if problem.id != STATION_FILE]
    serious = [problem for problem in found if problem.is_serious()]
    if serious:
        raise CommandError("\n".join(map(_sentences, serious)), returncode=REFUSED)
    return [_sentences(problem) for problem in found]


def _sentences(problem: checks.CheckMessage) -> str:
    return f"{problem.msg} {problem.hint or ''}".strip()


def check_migrated() -> None:
    if pending():
        raise CommandError("The database is not up to date. Run first: manage.py migrate", returncode=REFUSED)


def read_station_file() -> Station:
    try:
        return read(Path(settings.STATION_FILE), settings.DRIVERS)
    except StationFileError as error:
        raise CommandError(str(error), returncode=REFUSED) from error


def station_processes(
    described: Station, lanes: int, *, with_bench: bool, tell: Callable[[str], None]
) -> StationProcesses:
    """Take the station into the database; what has to run for it, not yet started. Raises CommandError.

    `tell` gets one line when the file has changed since it was last taken in.
    """
    try:
        [planned] = plan_station_files([described])
        take_in_station(planned, lanes=lanes, by=person_at_the_keyboard(), reason="manage.py start")
        if planned.changes:
            tell(in_one_line(planned.changes))
    except StationElsewhere as error:
        raise CommandError(str(error), returncode=REFUSED) from error
    configuration = warden_settings(described, all_slot_settings(described, lanes))
    return StationProcesses(configuration, Path(settings.STATION_FILE), with_bench)


def tell_unsafe_slots(processes: StationProcesses, terminal: Terminal) -> None:
    for slot, mark in processes.unsafe_slots().items():
        terminal.error.write(
            f"Attention: {slot} is UNSAFE, {told_in_english(mark)}. It takes no batch until an engineer clears it: "
            "check that its instruments are switched on and reachable (simulated ones need --with-bench), then "
            f'manage.py reset --slot {slot} --reason "…"'
        )


def tell_checks(processes: StationProcesses, described: Station) -> Iterator[str]:
    """What came of the slots that the station file wants to be checked at the start."""
    return checked_slots(described, processes.configuration["slots"], settings.STATION_PATHS, processes.pause)


@contextmanager
def ended_early(terminal: Terminal) -> Iterator[None]:
    """A signal during the start is a wish like any other: what has begun was ended, and nothing is wrong."""
    try:
        yield
    except Interrupted:
        terminal.out.write("Stopped before everything had started.")


def waiting_batches(station: str) -> str:
    """How many batches wait for this station, as a person says it; empty for none, and while nobody can tell."""
    try:
        waiting = Batch.objects.filter(station=station, state=State.QUEUED).count()
    except Error:
        return ""
    finally:
        connection.close()
    return f"{waiting} batch{'es' if waiting > 1 else ''}" if waiting else ""


def watch_over(
    processes: StationProcesses,
    stop: AwaitedSignals,
    terminal: Terminal,
    *,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Start again what dies, until a signal comes; then end everything in order. Calls `meanwhile` at every look."""
    while not stop.wait(WATCH_EVERY_S):
        revived = processes.keep_alive()
        if revived:
            terminal.error.write(f"Attention: {revived}.")
        meanwhile()
    if terminal.out.isatty():
        terminal.out.write("")  # below the ^C that the terminal shows
    with being_stopped():
        story = StopStory(processes.paths, processes.configuration["slots"], terminal.tell, terminal.warn)
        processes.stop(story.look)
        story.conclude()
    left = waiting_batches(processes.configuration["station"])
    terminal.out.write(f"Stopped. Still waiting for the next start: {left}." if left else "Stopped.")
