from sequences.authoring import Run, sequence, step


@sequence
class NotRetried:
    @step(attempts=3, retry_on=(OSError, TimeoutError))
    def wrong(self, run: Run) -> None:
        raise ValueError("this will not get better")
