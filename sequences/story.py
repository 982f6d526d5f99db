"""The lines that the engine itself writes. A full spool ends the run, but never its teardown."""

from __future__ import annotations

from typing import Any

from sequences.host import Host, SpoolFull
from sequences.interrupts import shielded


class Story:
    """Appends to the host's story; once it is full, lines that find no room are left out."""

    def __init__(self, host: Host) -> None:
        self._emit = host.emit
        self.full: SpoolFull | None = None

    @shielded
    def emit(self, kind: str, **fields: Any) -> None:
        try:
            self._emit(kind, **fields)
        except SpoolFull as full:
            self.full = full
