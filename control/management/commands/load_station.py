"""manage.py load_station FILE: check station files, tell what they would change, and take them in."""

from __future__ import annotations

from argparse import ArgumentTypeError
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from control.lifecycle.safety.scopes import slots_here
from control.lifecycle.station_files import (
    Planned,
    check_may_take_in,
    doubts_about,
    lanes_of,
    plan_station_files,
    take_in_station,
)
from control.management.listening import chosen_lanes
from control.management.refusing import REFUSED, person_at_the_keyboard, refusing
from control.management.station_processes import holding_the_station
from control.management.terminal_words import counted
from stations.station_file import Station, StationFileError, read_station_file
from stations.station_schema import schema_text


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # they look at GWANJE_STATION_FILE, here it is about the files named
    help = (
        "Check station files, tell what they would change, and take them in: all of them or none. A station that is "
        "being served is left alone; its next start takes the file in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=_file, metavar="FILE", help="as many as there are stations")
        parser.add_argument("--check", action="store_true", help="only tell: exit code 1 when something would change")
        parser.add_argument("--schema", action="store_true", help="print the JSON Schema of station files, for editors")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["schema"]:
            self.stdout.write(schema_text(), ending="")
            return
        described = _read(options["files"] or [settings.STATION_FILE])
        with refusing():
            plans = plan_station_files(described)
            for planned in plans:
                self._tell(planned)
            if options["check"]:
                raise SystemExit(any(planned.is_news for planned in plans))
            self._take_in([planned for planned in plans if planned.is_news])

    def _tell(self, planned: Planned) -> None:
        described = planned.described
        slots = counted(len(described.slots), "slot")
        instruments = counted(len(described.instruments), "instrument")
        news = "nothing changes" if planned.changes == [] else "changes:" if planned.changes else "is new here"
        self.stdout.write(f"Station '{described.id}' with {slots} and {instruments}: {news}")
        for change in planned.changes or []:
            self.stdout.write(f"  {change}")
        for doubt in doubts_about(described, timezone.localdate()):
            self.stdout.write(f"  Note: {doubt}")
        self.stdout.flush()

    def _take_in(self, plans: list[Planned]) -> None:
        for planned in plans:
            check_may_take_in(planned)
        here = {slot.partition("/")[0] for slot in slots_here()}
        ours = any(planned.described.id in here for planned in plans)
        # With the lock of this host's station nobody starts it meanwhile.
        with holding_the_station(settings.STATION_PATHS) if ours else nullcontext(), transaction.atomic():
            for planned in plans:
                lanes = lanes_of(planned.described, lambda server=planned.described.server: chosen_lanes(server, None))
                take_in_station(planned, lanes=lanes, by=person_at_the_keyboard(), reason="manage.py load_station")
        if plans:
            self.stdout.write(f"Taken in: {', '.join(planned.described.id for planned in plans)}.")


def _read(files: list[Path]) -> list[Station]:
    """Every problem of every file at once."""
    described, problems = [], []
    for file in files:
        try:
            described.append(read_station_file(file, settings.DRIVERS, shown=str(file)))
        except StationFileError as error:
            problems.append(str(error))
    if problems:
        raise CommandError("\n".join(problems), returncode=REFUSED)
    return described


def _file(text: str) -> Path:
    if not text or "\0" in text:
        raise ArgumentTypeError("an empty name is no file")
    return Path(text)
