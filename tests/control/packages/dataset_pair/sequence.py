from sequences.authoring import Run, sequence, step


@sequence
class DatasetPair:
    @step
    def compare(self, run: Run) -> None:
        run.log("alike")
