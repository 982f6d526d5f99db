from sequences.authoring import Run, sequence, step


@sequence
class Gate:
    @step
    def one(self, run: Run) -> None:
        run.log("one")

    @step
    def two(self, run: Run) -> None:
        run.log("two")

    @step
    def three(self, run: Run) -> None:
        run.fail("out of order")

    @step
    def four(self, run: Run) -> None:
        run.log("four")

    @step(gate=True)
    def long(self, run: Run) -> None:
        run.sleep(100)
