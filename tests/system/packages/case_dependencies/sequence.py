from sequences.authoring import Run, group, sequence, step, teardown


@sequence
class Dependencies:
    @step
    def a(self, run: Run) -> None:
        run.fail("bad")

    @step(depends_on="a")
    def b(self, run: Run) -> None:
        run.log("never")

    @step
    def c(self, run: Run) -> None:
        run.log("independent")

    @step(depends_on=["b", "c"])
    def d(self, run: Run) -> None:
        run.log("never")

    @group(depends_on="c", run_if=lambda run: run.outcomes["a"] == "FAIL")
    class Diagnosis:
        @step
        def look_closer(self, run: Run) -> None:
            run.log("why")

    @step(run_if="thorough")
    def slow_check(self, run: Run) -> None:
        run.log("only when asked for")

    @step(critical=True)
    def must_hold(self, run: Run) -> None:
        run.fail("it does not")

    @step
    def after(self, run: Run) -> None:
        run.log("never")

    @teardown
    def off(self, run: Run) -> None:
        run.log("off")
