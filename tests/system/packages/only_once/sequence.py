"""A result that takes a while."""

from __future__ import annotations

from sequences.authoring import Run, sequence, step


@sequence
class OnlyOnce:
    @step
    def work(self, run: Run) -> None:
        run.sleep(run.parameters.seconds)
        run.result = {"seconds": run.parameters.seconds}
