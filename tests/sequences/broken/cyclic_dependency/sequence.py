"""Each of two steps waits for the other, and a third for nobody."""

from __future__ import annotations

from sequences.authoring import Run, sequence, step


@sequence
class Broken:
    @step(depends_on="second")
    def first(self, run: Run) -> None:
        run.log("first")

    @step(depends_on="first")
    def second(self, run: Run) -> None:
        run.log("second")

    @step(depends_on=["nobody"])
    def third(self, run: Run) -> None:
        run.log("third")
