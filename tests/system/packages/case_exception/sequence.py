from sequences.authoring import Run, sequence, step, teardown


@sequence
class Exceptional:
    @step
    def first(self, run: Run) -> None:
        run.log("first")

    @step
    def second(self, run: Run) -> None:
        raise OSError("cable is out")

    @step
    def third(self, run: Run) -> None:
        run.log("never")

    @teardown
    def off(self, run: Run) -> None:
        run.log("off")
