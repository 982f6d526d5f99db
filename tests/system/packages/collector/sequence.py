"""Keeps a file every now and then."""

from __future__ import annotations

from sequences.authoring import Run, sequence, step


@sequence
class Collector:
    @step(repeat="count")
    def collect(self, run: Run) -> None:
        run.attach("number.txt", f"number {run.index}")
        run.attach("same.txt", "the same")
        run.sleep(run.parameters.pace)
