"""The lines that the engine itself writes. A full spool ends the run, but never its teardown."""

from __future__ import annotations

import time
from typing import Any

from sequences.host import Host, SpoolFull
from sequences.interrupts import shielded

# What a record must not miss, however full the disk is; the guard writes it down when there is room again.
_TOLD_ANYWAY = ("step.ended", "error")
_MOST_UNWRITTEN = 30


class Story:
    """Appends to the host's story. Once it is full, lines that find no room are left out but for the most important."""

    def __init__(self, host: Host) -> None:
        self._emit = host.emit
        self.full: SpoolFull | None = None
        self.unwritten: list[dict[str, Any]] = []

    @shielded
    def emit(self, kind: str, **fields: Any) -> None:
        try:
            self._emit(kind, **fields)
        except SpoolFull as full:
            self.full = full
            if kind in _TOLD_ANYWAY and not full.kept and len(self.unwritten) < _MOST_UNWRITTEN:
                self.unwritten.append({"k": kind, "at": time.time(), **fields})
