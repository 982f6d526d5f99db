"""Which batches have a living supervisor: one locked file each, touched while it works. Asking needs no database."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

# A supervisor that has not moved for this long is stopped or stuck; its generation fences it should it wake up.
STALE_S = 2.0


class Presence:
    """Held by a supervisor for as long as it lives: the kernel drops the lock with the process."""

    def __init__(self, batch_id: object, slot_id: str) -> None:
        self._path = _folder() / str(batch_id)
        self._slot_id = slot_id
        self._file = -1

    def __enter__(self) -> Self:
        _folder().mkdir(parents=True, exist_ok=True)
        # A predecessor's file is replaced, not reused: a stopped process may still hold its lock.
        draft = settings.STATION_PATHS.data / f".supervisor-{os.getpid()}"
        self._file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.write(self._file, self._slot_id.encode())
        self.beat()
        draft.replace(self._path)
        return self

    def beat(self) -> None:
        os.utime(self._file, ns=(_now_ns(), _now_ns()))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            mine = os.fstat(self._file).st_ino == self._path.stat().st_ino
        except FileNotFoundError:
            mine = False
        if mine:
            self._path.unlink(missing_ok=True)
        os.close(self._file)


def is_supervised(batch_id: object) -> bool:
    """Tell whether a supervisor of this batch is alive and moving on this host."""
    return _lives(_folder() / str(batch_id))


def abandoned() -> dict[str, str]:
    """Return batch -> slot of every supervisor that died or froze on this host."""
    try:
        files = [path for path in _folder().iterdir() if not path.name.startswith(".")]
    except FileNotFoundError:
        return {}
    return {path.name: path.read_text() for path in files if not _lives(path)}


def forget(batch_id: object) -> None:
    """Remove what a dead supervisor left behind of a batch that has ended."""
    (_folder() / str(batch_id)).unlink(missing_ok=True)


def _now_ns() -> int:
    """Time since boot: setting the clock makes no supervisor look frozen."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def _lives(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _now_ns() - os.fstat(file).st_mtime_ns < STALE_S * 1e9
    finally:
        os.close(file)
    return False


def _folder() -> Path:
    return settings.STATION_PATHS.supervisors
