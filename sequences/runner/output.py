"""What a sequence prints or logs becomes log lines of the step that did it. That of C libraries the guard collects."""

from __future__ import annotations

import io
import logging
import sys
from math import inf
from typing import Any, BinaryIO, Protocol

from sequences.interrupts import LimitExceeded, request
from stations.output import LONGEST_LINE, OutputBudget


class OutputSink(Protocol):
    """Where lines go."""

    def add_output(self, level: str, message: str, origin: str) -> None: ...


class OutputStream(io.TextIOBase):
    """Stands in for sys.stdout or sys.stderr. Its file number is still the real one, for what writes there directly."""

    def __init__(self, origin: str, level: str, real: Any, sink: OutputSink) -> None:
        self._origin = origin
        self._level = level
        self._real = real
        self._sink = sink
        self._begun = ""

    @property
    def buffer(self) -> BinaryIO:
        return self._real.buffer  # type: ignore[no-any-return]

    def fileno(self) -> int:
        return int(self._real.fileno())

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        if len(self._begun) > LONGEST_LINE:
            lines, self._begun = [*lines, self._begun], ""
        for line in lines:
            if line:
                self._sink.add_output(self._level, line, self._origin)
        return len(text)

    def flush_rest(self) -> None:
        """At the end: the line that was never finished."""
        if self._begun:
            self.write("\n")


class LogHandler(logging.Handler):
    """Python's logging, each line with its logger's name."""

    def __init__(self, sink: OutputSink) -> None:
        super().__init__(logging.INFO)
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        level = next((name for name in ("ERROR", "WARNING") if record.levelno >= logging.getLevelName(name)), "INFO")
        try:
            message = self.format(record)
        except Exception:  # a wrong format is the sequence's mistake, and no reason to end its run
            message = f"{record.msg} {record.args}"
        self._sink.add_output(level, message, record.name)


class OutputCapture:
    """Takes over stdout, stderr and logging of this process, within the budget for output.

    `limit_mb`: after so many MiB, kept or not, the run ends. Threads of drivers log, too: only the run's own is ended.
    """

    def __init__(self, host: Any, limit_mb: float | None = None) -> None:
        self._host = host
        self._budget = OutputBudget()
        self._limit_mb = inf if limit_mb is None else limit_mb
        self._exceeded = False
        self._streams = [
            OutputStream("stdout", "INFO", sys.__stdout__, self),
            OutputStream("stderr", "WARNING", sys.__stderr__, self),
        ]
        sys.stdout, sys.stderr = self._streams
        logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[LogHandler(self)], force=True)

    def add_output(self, level: str, message: str, origin: str) -> None:
        kept = self._budget.allows(len(message))
        if self._budget.asked_mb() > self._limit_mb:
            self._end_run()
        elif kept:
            self._tell_suppressed()
            self._host.emit_output(level, message[:LONGEST_LINE], origin)

    def _end_run(self) -> None:
        if not self._exceeded:  # once: each request begins the wait for the right moment anew
            self._exceeded = True
            request(LimitExceeded(f"output: {self._limit_mb:,.10g} MiB allowed"), None)

    def finish(self) -> None:
        for stream in self._streams:
            stream.flush_rest()
        self._tell_suppressed()

    def _tell_suppressed(self) -> None:
        if notice := self._budget.notice():
            self._host.emit_output("WARNING", notice, "engine")
