"""Work of which a station runs one batch at a time. It is never run here."""

from sequences.authoring import Run, sequence, step


@sequence
class LimitedWork:
    @step
    def work(self, run: Run) -> None:
        pass
