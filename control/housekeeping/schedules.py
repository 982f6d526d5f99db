"""Doing what schedules of this station say: batches at once, backups and prunings in a child process, one at a time."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO

from django.conf import settings
from django.db import Error
from django.utils import timezone

from control.lifecycle.schedules.actions import CHORES
from control.lifecycle.schedules.firing import end_chore, fire_schedule, replan
from control.lifecycle.stopping import is_stopping
from control.models import Batch, Schedule

log = logging.getLogger(__name__)

READ_BACK = 4_000  # bytes of what a child process has said
LONGEST_LINE = 500
CUT_OFF = "it was cut off when the housekeeping of its station ended"


def fire_due_schedules(station: str, now: datetime) -> list[Batch]:
    """Do what is due on this station; return the batches that came of it. None of them can stop the others.

    While the station is being stopped nothing is done: its next start finds what was due.
    """
    if is_stopping(station):
        return []
    due = Schedule.objects.filter(station=station, next_at__lte=now).select_related("station").order_by("next_at", "pk")
    batches = []
    for schedule in due:
        try:
            batches.append(fire_schedule(schedule, now))
        except Error:
            raise
        except Exception:
            log.exception("a schedule failed, it is tried again", extra={"schedule": schedule.name})
    return [batch for batch in batches if batch is not None]


@dataclass
class ChoreRunner:
    """The one child process that backs up or prunes. It is of the housekeeping's group and dies with it."""

    station: str
    _since: datetime = field(default_factory=timezone.now)
    _taken_up: bool = False
    _running: _Child | None = None

    def turn(self) -> None:
        """See whether the child has ended, and begin what waits longest."""
        if not self._taken_up:
            self._take_up()
        elif self._running is None:
            self._begin()
        elif (code := self._running.process.poll()) is not None:
            self._end(self._running, code)

    def _take_up(self) -> None:
        """Nothing of a housekeeping before this one goes on. What became due since then only waits."""
        now = timezone.now()
        for schedule in Schedule.objects.filter(station=self.station, busy_since__lt=self._since):
            end_chore(schedule, now, failure=CUT_OFF)
        clocks = Schedule.objects.filter(station=self.station, enabled=True, every_s=None).select_related("station")
        for schedule in clocks:
            replan(schedule, now)
        self._taken_up = True

    def _begin(self) -> None:
        waiting = (
            Schedule.objects.filter(station=self.station, busy_since__isnull=False).order_by("busy_since", "pk").first()
        )
        if waiting is None:
            return
        try:
            self._running = _Child(waiting)
        except OSError as error:
            end_chore(waiting, timezone.now(), failure=str(error))

    def _end(self, child: _Child, code: int) -> None:
        if code == 0:
            end_chore(child.schedule, timezone.now(), said=last_line(child.said))
        else:
            why = f"exit code {code}" if code > 0 else f"killed by signal {-code}"
            end_chore(child.schedule, timezone.now(), failure=f"{last_line(child.complained)} ({why})".strip())
        child.said.close()
        child.complained.close()
        self._running = None


@dataclass
class _Child:
    schedule: Schedule
    said: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    complained: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def __post_init__(self) -> None:
        chore = CHORES[Schedule.Action(self.schedule.action)]
        manage = str(settings.BASE_DIR / "manage.py")
        self.process = subprocess.Popen(
            [sys.executable, manage, *chore.arguments(self.schedule.options)],
            stdin=subprocess.DEVNULL,
            stdout=self.said,
            stderr=self.complained,
        )


def last_line(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, 2) - READ_BACK))
    lines = file.read().decode(errors="replace").replace("\0", "").strip().splitlines()
    return lines[-1].strip().removeprefix("CommandError: ")[:LONGEST_LINE] if lines else ""
