"""One process at a time talks to an instrument: a file lock, held for as long as a run or a probe may send something.

Rows in the database (leases) decide whose turn it is; this lock holds even where they are wrong. Making safe asks for
none: what switches off must always work.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from stations.contracts import InstrumentSettings
from stations.drivers.instrument_error import InstrumentError

LOOK_EVERY_S = 0.01


@dataclass(frozen=True)
class Locks:
    """Where one run finds the locks of its instruments, and who it is for those who meet them."""

    folder: Path
    holder: str


class InstrumentLock:
    """The lock of one instrument, not yet taken. Its file stays; the kernel takes the lock away from whoever dies."""

    def __init__(self, folder: Path, settings: InstrumentSettings) -> None:
        self._path = folder / f"{settings['name']}.lock"
        self._settings = settings
        self._file = -1

    def take(self, holder: str, *, wait_s: float = 0.0) -> None:
        """Take it, within `wait_s` seconds. `holder` is written down for others to read: "run 01… on demo/slot-1".

        Raises InstrumentError, which names whoever holds it, and OSError when there can be no lock file.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        until = time.monotonic() + wait_s
        try:
            while not self._locked(file):
                if time.monotonic() >= until:
                    raise self._taken()
                time.sleep(LOOK_EVERY_S)
        except BaseException:  # an interruption, too
            os.close(file)
            raise
        self._file = file
        with suppress(OSError):  # a full disk takes the name, not the lock
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps({"holder": holder, "pid": os.getpid()}).encode(), 0)

    def release(self) -> None:
        """Let go. May be called at any time, and twice."""
        file, self._file = self._file, -1
        if file >= 0:
            with suppress(OSError):
                os.ftruncate(file, 0)
            os.close(file)

    def __enter__(self) -> InstrumentLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()

    def _locked(self, file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _taken(self) -> InstrumentError:
        try:
            found = json.loads(self._path.read_text())
            owner = f"{found['holder']} (process {found['pid']})"
        except (OSError, ValueError, KeyError, TypeError):
            owner = "another process"
        name, address = self._settings["name"], self._settings["resource"]
        return InstrumentError(name, address, f"is in use by {owner}", "wait until that has ended")
