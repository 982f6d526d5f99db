"""manage.py backup: one archive of everything, while everything runs."""

from __future__ import annotations

import signal
import sqlite3
from argparse import ArgumentTypeError
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from control.archive.contents import Contents
from control.archive.naming import remove_older
from control.archive.postgresql import ProgramFailed
from control.archive.writing import MIB, write_archive
from control.lifecycle.actor import USER_REQUEST
from control.lifecycle.control_events import record_control_event
from control.lifecycle.refusals import Refused
from control.management.in_use import taking_turns
from control.management.progress import Progress
from control.management.refusing import person_at_the_keyboard, refusing
from control.models import ControlEvent

FAILURES = (Refused, ProgramFailed, OSError, sqlite3.Error, Error)


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = (
        "Write an archive of database, station file, sequence packages and the files that belong to them, and read it "
        "back. Works while everything runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to", metavar="FOLDER", help="where archives are kept; default: backups in the data directory"
        )
        parser.add_argument(
            "--keep-days", type=_days, metavar="DAYS", help="afterwards delete archives in it that are older than that"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # A service manager ends it as Ctrl-C does: nothing half-written stays.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        folder = Path(options["to"] or settings.STATION_PATHS.data / "backups").resolve()
        with refusing(), taking_turns(settings.STATION_PATHS, self.stderr):
            try:
                with Progress(self.stderr) as progress:
                    archive, contents = write_archive(folder, progress.tell)
            except FAILURES as problem:
                _record({"folder": str(folder)}, {"result": "failed", "why": str(problem)[:500]})
                if isinstance(problem, OSError | ProgramFailed | sqlite3.Error):
                    raise CommandError(f"There is no new archive in {folder}: {problem}") from problem
                raise
            size = archive.stat().st_size
            _record({"folder": str(folder), "archive": archive.name, "bytes": size}, {"result": "ok"})
        try:
            if options["keep_days"] is not None:
                self._remove_older(archive, options["keep_days"])
        finally:  # last: what a schedule shows of it
            self.stdout.write(f"{archive} ({size / MIB:,.1f} MiB, {_words(contents)}), read back without an error.")

    def _remove_older(self, archive: Path, days: float) -> None:
        try:
            for old in remove_older(archive.parent, archive, days):
                self.stdout.write(f"Deleted {old.name}.")
        except OSError as problem:
            raise CommandError(f"{archive} is new, but an older one could not be deleted: {problem}") from problem


def _record(details: dict[str, Any], after: dict[str, str]) -> None:
    """Write it down where it can be: the database may be what failed, or wait for the migrations of an upgrade."""
    kind, by = ControlEvent.Kind.BACKUP, person_at_the_keyboard()
    with suppress(Error):
        record_control_event(kind, by=by, reason=USER_REQUEST, at_once=True, details=details, after=after)


def _words(contents: Contents) -> str:
    return f"{contents['rows'].get('control_batch', 0):,} batches, {len(contents['members']):,} files"


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days <= 36_500:
        raise ArgumentTypeError(f"'{text}' is no number of days above 0.")
    return days
