"""Goes through its stages and waits in one of them, as long as its live setting says."""

from __future__ import annotations

import time

from sequences.authoring import Run, sequence, setup, step, teardown


@sequence
class Stages:
    @setup
    def begin(self, run: Run) -> None:
        run.log("begun")

    @step
    def first(self, run: Run) -> None:
        run.save("first", "done")

    @step
    def middle(self, run: Run) -> None:
        began = time.monotonic()
        while time.monotonic() - began < run.parameters.wait:
            run.sleep(0.02)

    @step
    def spare(self, run: Run) -> None:
        run.sleep(0.05)

    @step
    def last(self, run: Run) -> None:
        if run.parameters.fail:
            run.fail("as it was told")

    @teardown
    def end(self, run: Run) -> None:
        run.log("ended")
