from sequences.authoring import Run, sequence, step


@sequence
class DatasetWork:
    @step
    def look(self, run: Run) -> None:
        run.result = {"bins": run.parameters.bins}
