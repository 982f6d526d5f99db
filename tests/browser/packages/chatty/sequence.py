"""Writes log lines at a steady rate."""

from __future__ import annotations

import time

from sequences.authoring import Run, sequence, step


@sequence
class Chatty:
    @step
    def talk(self, run: Run) -> None:
        began = time.monotonic()
        for number in range(run.parameters.lines):
            run.log(f"line {number}")
            ahead = number / run.parameters.rate - (time.monotonic() - began)
            if ahead > 0.005:
                run.sleep(ahead)
