"""Datasets of this host that wait to be read or cleared away: each in a child process, so that the loop goes on."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db.models import F

from control.datasets import places, problems
from control.housekeeping.schedules import last_line
from control.lifecycle.datasets.reading import fail_reading
from control.lifecycle.datasets.removing import forget_removed
from control.models import Dataset

log = logging.getLogger(__name__)

AT_ONCE = 2
TRIES = 3  # more after the first one
State = Dataset.State


@dataclass
class DatasetReaders:
    """The child processes that read. They are of the housekeeping's group and die with it."""

    station: str
    _running: dict[UUID, _Reader] = field(default_factory=dict)

    def turn(self) -> list[UUID]:
        """See which children have ended, and begin those that wait; return those that were begun."""
        for dataset_id, reader in list(self._running.items()):
            if (code := reader.process.poll()) is not None:
                del self._running[dataset_id]
                with reader.said as said:
                    self._ended(dataset_id, code, last_line(said))
        waiting = Dataset.objects.filter(station=self.station, state=State.READING).exclude(pk__in=self._running)
        free = AT_ONCE - len(self._running)
        begun = list(waiting.order_by("created_at").values_list("pk", flat=True)[:free])
        self._running |= {dataset_id: _Reader(dataset_id) for dataset_id in begun}
        return begun

    def _ended(self, dataset_id: UUID, code: int, said: str) -> None:
        """One that has died is started again, until it has died too often."""
        reading = Dataset.objects.filter(pk=dataset_id, state=State.READING)
        if not reading.update(reader_losses=F("reader_losses") + 1):
            return
        why = f"killed by signal {-code}" if code < 0 else said or f"exit code {code}"
        log.warning("the reader of a dataset died: %s", why, extra={"dataset": str(dataset_id)})
        if reading.filter(reader_losses__gt=TRIES).exists():
            fail_reading(dataset_id, problems.READER_DIED % {"times": TRIES + 1, "why": why})


@dataclass
class _Reader:
    dataset: UUID
    said: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "read_dataset", str(self.dataset)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.said,
        )


@dataclass
class DatasetClearing:
    """Removes the files of deleted datasets, then the rows that no batch needs."""

    station: str
    _running: subprocess.Popen[bytes] | None = None

    def turn(self) -> int:
        """One step; return how many datasets are gone with their rows."""
        if self._running is not None and self._running.poll() is None:
            return 0
        self._running = None
        removed = Dataset.objects.filter(station=self.station, state=State.REMOVED)
        for dataset_id in removed.values_list("pk", flat=True):
            folder = places.folder_of(dataset_id)
            if folder.exists():
                self._running = _removal(folder)
                return 0
        unused = removed.filter(batches=None, batches_as_target=None).values_list("pk", flat=True)
        return sum(forget_removed(dataset_id) for dataset_id in unused)


def _removal(folder: Path) -> subprocess.Popen[bytes]:
    """By another process: a hundred thousand files take a while."""
    return subprocess.Popen([shutil.which("rm") or "/bin/rm", "-rf", "--", str(folder)], stdin=subprocess.DEVNULL)
