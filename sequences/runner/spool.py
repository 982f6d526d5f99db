"""The spool of one run: a file that only grows, one line per happening, each by one write."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sequences.host import SpoolFull
from sequences.interrupts import shielded

RESERVE = 64 * 1024  # bytes kept back for the story of the teardown
RING_EVERY_S = 0.005
_RUNG = frozenset(
    {
        "batch.started",
        "step.ended",
        "batch.paused",
        "batch.resumed",
        "error",
        "prompt.asked",
        "prompt.answered",
        "manual.begun",
        "manual.answered",
        "manual.ended",
        "items.begun",
        "chunk.ended",
    }
)
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=str).encode


class Spool:
    """Appends lines and rings for the supervisor. A SIGKILL loses nothing that was written: the kernel has it."""

    def __init__(self, path: Path, limit: int, bell: Path) -> None:
        """`limit` in bytes. Raises OSError when the spool that the guard made cannot be opened."""
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._limit = limit
        self._full_at = limit - min(RESERVE, limit // 2)
        self._size = 0
        self._torn = False
        self._bell = str(bell)
        self._ringer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._rung_at = 0.0

    def close(self) -> None:
        os.close(self._file)
        self._ringer.close()

    @property
    def full(self) -> bool:
        return self._size > self._full_at

    @shielded
    def emit(self, kind: str, **fields: Any) -> None:
        """Append one line. Raises SpoolFull beyond the limit; while the reserve lasts the line is kept all the same."""
        line = _encode({"k": kind, "at": time.time(), **fields}).encode("utf-8", "replace") + b"\n"
        self._append(b"\n" + line if self._torn else line)
        if kind in _RUNG:
            self._ring()
        if self.full:
            full = SpoolFull(
                f"the story of this run (spool_mb) exceeds {self._full_at:,} of {self._limit:,} bytes allowed"
            )
            full.kept = True
            raise full

    def _append(self, line: bytes) -> None:
        if self._size + len(line) > self._limit:
            raise SpoolFull(f"the story of this run (spool_mb) exceeds the {self._limit:,} bytes allowed")
        try:
            written = os.write(self._file, line)
        except OSError as error:
            message = f"{error.strerror}: the disk takes no more of this run"
            raise SpoolFull(error.errno, message, str(self._path)) from error
        self._size += written
        self._torn = written < len(line)
        if self._torn:
            raise SpoolFull(f"the disk takes no more of this run: {self._path}")

    def _ring(self) -> None:
        """At most every few milliseconds: the supervisor also looks by itself."""
        now = time.monotonic()
        if now - self._rung_at > RING_EVERY_S:
            self._rung_at = now
            with suppress(OSError):
                self._ringer.sendto(b"", socket.MSG_DONTWAIT, self._bell)
