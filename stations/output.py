"""How much of a program's output becomes log lines. A leaf: guard and runner hold to the same budget."""

from __future__ import annotations

import time

BYTES_PER_S = 1_000_000
LONGEST_LINE = 8_192


class OutputBudget:
    """One megabyte in each second. What goes beyond is counted and dropped until the next second begins."""

    def __init__(self) -> None:
        self._left = BYTES_PER_S
        self._renewed_at = time.monotonic() + 1.0
        self._suppressed = 0
        self._asked = 0

    def allows(self, size: int) -> bool:
        """Whether a line of `size` bytes may still be kept; one that may not is counted."""
        self._asked += size
        if (now := time.monotonic()) >= self._renewed_at:
            self._left, self._renewed_at = BYTES_PER_S, now + 1.0
        if size > self._left:
            self._left = 0
            self._suppressed += 1
            return False
        self._left -= size
        return True

    def asked_mb(self) -> float:
        """How much has come since the beginning, kept or dropped, in MiB."""
        return self._asked / 1024**2

    def notice(self) -> str | None:
        """The sentence about what was dropped since the last one, if anything was."""
        count, self._suppressed = self._suppressed, 0
        return f"{count} lines suppressed: more than 1 MB/s of output" if count else None
