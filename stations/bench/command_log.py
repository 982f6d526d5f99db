"""The bench's own record of every command, for people and tests that want to know what really reached an instrument."""

from __future__ import annotations

import json
import os
from pathlib import Path

MAX_BYTES = 20 * 1024 * 1024


class CommandLog:
    """JSON lines, written at once. A full file becomes `commands.old.jsonl`, in place of the one before."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor = self._open()

    def record(self, at: float, instrument: str, connection: int, command: str, reply: str | None) -> None:
        """`at` in seconds since the epoch; `connection` counts those of an instrument from 1; 0 is a serial line."""
        entry = {
            "at": round(at, 6),
            "instrument": instrument,
            "connection": connection,
            "command": command,
            "reply": reply,
        }
        os.write(self._descriptor, json.dumps(entry).encode() + b"\n")
        if os.fstat(self._descriptor).st_size > MAX_BYTES:
            os.close(self._descriptor)
            self._file.replace(self._file.with_suffix(".old.jsonl"))
            self._descriptor = self._open()

    def _open(self) -> int:
        return os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
