from sequences.authoring import Run, sequence, step


@sequence
class Retry:
    @step(attempts=3)
    def third_time_lucky(self, run: Run) -> None:
        if run.attempt < 3:
            run.retry("not yet")

    @step(attempts=5)
    def never_lucky(self, run: Run) -> None:
        run.retry("never")

    @step(attempts=2, retry_on=OSError)
    def bad_cable(self, run: Run) -> None:
        if run.attempt == 1:
            raise ConnectionError("loose contact")

    @step(attempts=3, critical=True)
    def stops_it(self, run: Run) -> None:
        run.retry("never")

    @step
    def after(self, run: Run) -> None:
        run.log("never")
