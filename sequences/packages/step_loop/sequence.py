"""The same trivial step, over and over."""

from __future__ import annotations

from sequences.authoring import Run, sequence, step


@sequence
class StepLoop:
    @step(repeat="cycles")
    def count(self, run: Run) -> None:
        if run.parameters.delay:
            run.sleep(run.parameters.delay)
        run.measure("cycle", run.index)
