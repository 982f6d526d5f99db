"""Rounds that are noted, and a step that may last."""

from __future__ import annotations

import time

from sequences.authoring import Run, sequence, step, teardown


@sequence
class Checkpoints:
    @step(repeat="rounds")
    def round(self, run: Run) -> None:
        run.sleep(run.parameters.pace)
        run.save("rounds", run.saved("rounds", 0) + 1)

    @step
    def hold(self, run: Run) -> None:
        began = time.monotonic()
        while time.monotonic() < began + run.parameters.hold:
            run.sleep(0.05)

    @step
    def count(self, run: Run) -> None:
        run.result = {"rounds": run.saved("rounds")}

    @teardown
    def clear(self, run: Run) -> None:
        run.log("cleared")
