from sequences.authoring import Run, sequence, step


@sequence
class Marginal:
    @step
    def nearly(self, run: Run) -> None:
        run.measure("value", 13)
