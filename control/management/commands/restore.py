"""manage.py restore ARCHIVE: an installation as it was when the archive was made. Only while nothing runs."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from control.archive.contents import Contents
from control.archive.naming import free_name
from control.archive.postgresql import ProgramFailed
from control.archive.restoring import Restored, check_restorable, restore
from control.management.in_use import alone, taking_turns
from control.management.progress import Progress
from control.management.refusing import REFUSED, person_at_the_keyboard, refusing


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = (
        "Put an archive of `backup` in the place of what is here, which is kept aside. Only while no station and no "
        "web process runs. Nothing starts by itself afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        archive, paths = options["archive"].resolve(), settings.STATION_PATHS
        with refusing(), alone(paths), taking_turns(paths, self.stderr):
            with Progress(self.stderr) as progress:
                progress.tell("checking the archive")
                contents = check_restorable(archive)
            if not options["yes"]:
                self._ask(archive, contents)
            aside = free_name(paths.data, "before-restore-{}")
            try:
                with Progress(self.stderr) as progress:
                    restored = restore(archive, aside, by=person_at_the_keyboard(), tell=progress.tell)
            except BaseException as problem:
                if aside.exists() and any(aside.iterdir()):
                    self.stderr.write(f"Not finished. What was here before is in {aside}.")
                if isinstance(problem, OSError | ProgramFailed | sqlite3.Error):
                    raise CommandError(f"The archive could not be restored: {problem}") from problem
                raise
        self._tell(restored, aside)

    def _ask(self, archive: Path, contents: Contents) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Nobody can be asked here. Say --yes to restore without a question.", returncode=REFUSED)
        self.stdout.write(
            f"{archive.name} was made at {contents['made_at']} by Gwanje {contents['version']} and holds "
            f"{contents['rows'].get('control_batch', 0):,} batches. It takes the place of everything that is here now; "
            "that is kept aside."
        )
        try:
            answer = input("Restore it? [y/N] ")
        except EOFError:  # Ctrl-D
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed.", returncode=REFUSED)

    def _tell(self, restored: Restored, aside: Path) -> None:
        contents = restored.contents
        self.stdout.write(f"Restored as it was at {contents['made_at']}. Everybody has to log in again.")
        for note in restored.notes:
            self.stdout.write(note)
        if list(aside.glob("*.tar.gz")):
            (before,) = aside.glob("*.tar.gz")
            self.stdout.write(f"To undo it: manage.py restore {before}")
        elif aside.exists():
            self.stdout.write(f"What was here before is in {aside}.")
