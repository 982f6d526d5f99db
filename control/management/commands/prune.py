"""manage.py prune --older-than DAYS: delete batches that ended long ago, with everything of theirs."""

from __future__ import annotations

import signal
from argparse import ArgumentTypeError
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection

from control.lifecycle.retention import Old, Pruned, count_old, prune
from control.management.awaited_signals import AwaitedSignals
from control.management.in_use import alone, taking_turns
from control.management.progress import Progress
from control.management.refusing import person_at_the_keyboard, refusing
from control.states import TERMINAL

LONGEST_DAYS = 36_500.0


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = (
        "Delete batches that ended long ago, with everything of theirs, and the old part of board and alerts. "
        "Kept batches stay. Works while everything runs; Ctrl-C ends it with the batch in hand."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than", type=_days, required=True, metavar="DAYS", help="ended longer ago than that"
        )
        parser.add_argument(
            "--state",
            action="append",
            choices=[state.value for state in TERMINAL],
            help="only batches in this state; may be given several times",
        )
        parser.add_argument("--sequence", default="", metavar="NAME", help="only batches of this sequence")
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and delete nothing")
        parser.add_argument(
            "--vacuum", action="store_true", help="give the space back to the disk; SQLite, and only while nothing runs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        old = Old(options["older_than"], tuple(options["state"] or TERMINAL), options["sequence"])
        with refusing(), ExitStack() as stack:
            if options["vacuum"] and connection.vendor == "sqlite":
                stack.enter_context(alone(settings.STATION_PATHS))  # refused before anything is deleted
            stack.enter_context(taking_turns(settings.STATION_PATHS, self.stderr))
            stop = stack.enter_context(AwaitedSignals(signal.SIGINT, signal.SIGTERM))
            batches, events = count_old(old)
            if options["dry_run"]:
                self.stdout.write(f"Would go: {batches:,} batches, {events:,} events in all. Nothing was deleted.")
                return
            pruned = self._prune(old, batches, stop)
            self.stdout.write(_summary(pruned, interrupted=stop.count > 0))
            if not stop.count:
                self._free_space(options["vacuum"], pruned)

    def _prune(self, old: Old, batches: int, stop: AwaitedSignals) -> Pruned:
        pruned = Pruned()
        with Progress(self.stderr) as progress:
            for pruned in prune(old, by=person_at_the_keyboard(), rest=stop.wait):
                progress.tell(
                    f"{pruned.batches:,} of {batches:,} batches, {pruned.events:,} events of board and alerts"
                )
                if stop.count:
                    break
        return pruned

    def _free_space(self, vacuum: bool, pruned: Pruned) -> None:
        if connection.vendor != "sqlite":
            return  # PostgreSQL frees space for itself
        if not vacuum:
            if pruned.batches and self.stdout.isatty():
                self.stdout.write("The database file keeps its size, new rows use the space again. See --vacuum.")
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except OperationalError as error:
            raise CommandError(f"The space could not be given back: {error}. The batches are pruned.") from error


def _summary(pruned: Pruned, *, interrupted: bool) -> str:
    told = f"Pruned: {pruned.batches:,} batches, {pruned.events:,} events of board and alerts."
    if pruned.contents:
        told += f" Packages that no batch needs any more: {pruned.contents:,}."
    if pruned.unimported:
        told += f" Left: {pruned.unimported:,} whose spool is not completely in the database; start their station."
    return f"Interrupted. {told}" if interrupted else told


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days <= LONGEST_DAYS:
        raise ArgumentTypeError(f"'{text}' is no number of days from 0 to {LONGEST_DAYS:,.0f}.")
    return days
