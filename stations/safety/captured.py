"""What a runner and its C libraries write to stdout and stderr. The guard holds the reading end, so nothing is lost
when a runner hangs or is killed, a full pipe never blocks a run, and the runner needs no thread for it."""

from __future__ import annotations

import os
from typing import Any

from stations.output import LONGEST_LINE, OutputBudget

_AT_ONCE = 65_536  # a flood is read in portions, so that the guard keeps hearing everything else


class CapturedOutput:
    """One of the two streams of one runner."""

    def __init__(self, origin: str, budget: OutputBudget) -> None:
        self.origin = origin
        self.budget = budget
        """Raises OSError."""
        self.reading, self.writing = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.reading, False)
        self.closed = False
        self._begun = b""

    def __enter__(self) -> CapturedOutput:
        return self

    def __exit__(self, *_: object) -> None:
        """The runner could not be started."""
        self.handed_over()
        self.close()

    def fileno(self) -> int:
        return self.reading

    def handed_over(self) -> None:
        """The runner has its end now: drop ours, so that we see when it closes."""
        os.close(self.writing)

    def lines(self) -> list[dict[str, Any]]:
        """What has arrived, as `log` lines. Sets `closed` when no more can come."""
        data = self._read()
        self.closed = data == b""
        return self._split(data or b"")

    def rest(self) -> list[dict[str, Any]]:
        """What is left once the runner is dead. A pipe holds little, so this takes no time."""
        found: list[dict[str, Any]] = []
        while data := self._read():
            found += self._split(data)
        return [*found, *self._logs([self._begun]), *self._notice()]

    def close(self) -> None:
        os.close(self.reading)

    def _read(self) -> bytes | None:
        try:
            return os.read(self.reading, _AT_ONCE)
        except BlockingIOError:
            return None

    def _split(self, data: bytes) -> list[dict[str, Any]]:
        *whole, self._begun = (self._begun + data).split(b"\n")
        if len(self._begun) > LONGEST_LINE:
            whole, self._begun = [*whole, self._begun], b""
        return self._logs(whole)

    def _logs(self, lines: list[bytes]) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = []
        for line in lines:
            if line and self.budget.allows(len(line)):
                kept += [*self._notice(), self._log(line[:LONGEST_LINE].decode("utf-8", "replace"))]
        return kept

    def _notice(self) -> list[dict[str, Any]]:
        notice = self.budget.notice()
        return [self._log(notice)] if notice else []

    def _log(self, text: str) -> dict[str, Any]:
        level = "WARNING" if self.origin == "stderr" else "INFO"
        return {"k": "log", "step": None, "attempt": None, "level": level, "message": text, "origin": self.origin}
