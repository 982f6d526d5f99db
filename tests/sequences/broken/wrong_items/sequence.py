"""Asks for datasets, chunks and limits that no batch can be given."""

from sequences.authoring import Run, sequence, step


@sequence
class WrongItems:
    @step
    def look(self, run: Run) -> None:
        run.log("never reached")
