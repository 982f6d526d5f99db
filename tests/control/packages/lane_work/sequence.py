"""Three kinds of steps, for tests of what people ask of a batch."""

from __future__ import annotations

from sequences.authoring import Run, sequence, setup, step, teardown


@sequence
class Work:
    @setup
    def prepare(self, run: Run) -> None:
        run.log("prepared")

    @step
    def first(self, run: Run) -> None:
        run.save("begun", True)

    @step(repeat=3)
    def middle(self, run: Run) -> None:
        run.sleep(run.parameters.pace)

    @step
    def last(self, run: Run) -> None:
        run.sleep(run.parameters.pace)

    @teardown
    def clear(self, run: Run) -> None:
        run.log("cleared")
