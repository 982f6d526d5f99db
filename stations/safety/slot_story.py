"""What a guard has to tell of its slot beside all runs: each safe state with its proof."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from stations.contracts import SafeProof, SafeReason
from stations.safety import spool_end

# Lines that found no room are kept until there is some; a disk that stays full loses the oldest.
KEPT_LINES = 100


class SlotStory:
    """A file that only grows, one line for each happening, like the spool of a run. The housekeeping imports it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unwritten: list[dict[str, Any]] = []

    def tell_safe_state(self, proof: SafeProof, why: SafeReason, control: str) -> None:
        line = {"k": "safe_state", "at": time.time(), "by": "guard", "why": why, "control": control, **proof}
        self._unwritten = [*self._unwritten, line][-KEPT_LINES:]

    def write(self) -> None:
        """Bring what was told to the disk: whole, or with the next call."""
        if not self._unwritten:
            return
        try:
            self._path.touch()
            spool_end.append(self._path, [dict(each) for each in self._unwritten], last=True)
        except OSError:
            return
        self._unwritten = []
