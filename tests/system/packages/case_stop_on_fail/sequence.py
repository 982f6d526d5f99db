from sequences.authoring import Run, sequence, step


@sequence
class StopOnFail:
    @step
    def bad(self, run: Run) -> None:
        run.fail("bad")

    @step
    def next(self, run: Run) -> None:
        run.log("never")
