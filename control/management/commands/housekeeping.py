"""manage.py housekeeping STATION: the periodic work of a station's host. Started by the warden."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error

from control.housekeeping.heartbeat import fall_silent
from control.housekeeping.loop import duties_of, turn
from control.journal.bell import Listener
from control.lifecycle.datasets.changes import DATASETS_BELL
from control.lifecycle.doorbell import SAFETY_BELL


class Command(BaseCommand):
    help = "The periodic work of a station's host: heartbeat, repairs, news from other hosts. The warden starts it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("station")

    def handle(self, *args: Any, **options: Any) -> None:
        station = options["station"]
        signal.signal(signal.SIGTERM, _leave)
        duties = duties_of(station)
        try:
            with Listener(SAFETY_BELL, DATASETS_BELL) as listener:
                while True:
                    turn(duties, listener)
        finally:
            try:
                fall_silent(station)
            except Error:
                self.stderr.write("The database is away: the station will be seen as lost in a few seconds.")


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
