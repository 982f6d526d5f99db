"""Signals as something to wait for, so that they never land in the middle of anything."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self


class Interrupted(Exception):
    """A signal came while something was waited for."""


class AwaitedSignals:
    """Counts the given signals while it is open. Children started meanwhile are not affected."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._numbers = numbers
        self.count = 0

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._before = {number: signal.signal(number, self._note) for number in self._numbers}
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        os.write(self._write, b"!")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def fileno(self) -> int:
        """Readable after a signal, until `take`."""
        return self._read

    def take(self) -> None:
        with suppress(BlockingIOError):  # what came in the very moment of the last one was taken with it
            os.read(self._read, 64)

    def pause(self, seconds: float) -> None:
        """Sleep; raises Interrupted at once when a signal has come, now or before."""
        if self.wait(seconds):
            raise Interrupted

    def wait(self, timeout_s: float) -> bool:
        """Wait for a signal; True when one has come, now or before."""
        if not self.count:
            select.select([self._read], [], [], timeout_s)
        return self.count > 0
