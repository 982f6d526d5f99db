"""How far a long command is: one line that is drawn again, for whoever sits at a terminal; nothing for a log."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from django.core.management.base import OutputWrapper

DRAW_EVERY_S = 0.1


class Progress:
    def __init__(self, out: OutputWrapper) -> None:
        self._out = out if out.isatty() else None
        self._due_at = 0.0
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def tell(self, text: str) -> None:
        if self._out is not None and time.monotonic() >= self._due_at:
            self._out.write(f"\r\x1b[K{text}", ending="")
            self._out.flush()
            self._due_at = time.monotonic() + DRAW_EVERY_S
            self._drawn = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._out is not None and self._drawn:
            self._out.write("\r\x1b[K", ending="")
            self._out.flush()
