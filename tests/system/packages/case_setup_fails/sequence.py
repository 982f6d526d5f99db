from sequences.authoring import Run, sequence, setup, step, teardown


@sequence
class SetupFails:
    @setup
    def first(self, run: Run) -> None:
        run.log("on")

    @setup
    def second(self, run: Run) -> None:
        run.fail("it does not answer")

    @step
    def work(self, run: Run) -> None:
        run.log("never")

    @teardown
    def fails(self, run: Run) -> None:
        raise OSError("cable is out")

    @teardown
    def off(self, run: Run) -> None:
        run.log("off")
