"""The logs of a station's processes, told in the terminal of whoever started them: `housekeeping | WARNING …`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.core.management.base import OutputWrapper
from django.core.management.color import Style

MOST_AT_ONCE = 40  # lines of one process per look
LARGEST_READ = 256 * 1024
QUIET = {"DEBUG", "INFO", None}
# A refused form, a page that is not there: somebody's typing, no fault of a process. Errors of ours are of level ERROR.
ANSWERS = ("django.request", "WARNING")
OWN_KEYS = {"time", "level", "logger", "message", "traceback"}


class ChildLogs:
    """Follows every log in a folder, from where it ends now. The files belong to the processes; they are only read."""

    def __init__(self, folder: Path, out: OutputWrapper, style: Style, *, everything: bool = False) -> None:
        self.folder, self.out, self.style, self.everything = folder, out, style, everything
        self._read = {log: log.stat().st_size for log in folder.glob("*.log")}

    def tell_new(self) -> None:
        """Write what has been added since the last look."""
        for log in sorted(self.folder.glob("*.log")):
            lines = [line for raw in self._new_lines(log) if (line := self._as_told(raw))]
            name = log.stem.replace("--", "/")
            for line in lines[:MOST_AT_ONCE]:
                self.out.write(f"{name:<13} | {line}")
            if len(lines) > MOST_AT_ONCE:
                self.out.write(f"{name:<13} | … {len(lines) - MOST_AT_ONCE} more lines in {log}")

    def _new_lines(self, log: Path) -> Iterator[str]:
        with suppress(OSError):
            size, start = log.stat().st_size, self._read.get(log, 0)
            if size < start:  # moved away or emptied, because it was long
                start = 0
            if size == start:
                return
            with log.open("rb") as file:
                file.seek(start)
                text = file.read(LARGEST_READ)
            whole = text[: text.rfind(b"\n") + 1] or (text if len(text) == LARGEST_READ else b"")
            self._read[log] = start + len(whole)
            yield from whole.decode(errors="replace").splitlines()

    def _as_told(self, raw: str) -> str:
        """A line as a person reads it; empty for one that nobody has to."""
        try:
            line = json.loads(raw)
        except ValueError:
            return raw.rstrip()  # not from a logger: the last words of a program
        if not isinstance(line, dict):
            return raw
        level = line.get("level")
        if not self.everything and (level in QUIET or (line.get("logger"), level) == ANSWERS):
            return ""
        more = [f"{key}={value}" for key, value in line.items() if key not in OWN_KEYS]
        cause = str(line.get("traceback", "")).strip().splitlines()[-1:]
        text = " ".join([level or "", str(line.get("message", "")), *more, *cause]).strip()
        paint = {"WARNING": self.style.WARNING, "ERROR": self.style.ERROR, "CRITICAL": self.style.ERROR}
        return paint.get(level, str)(text)
