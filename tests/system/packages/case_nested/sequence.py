from sequences.authoring import Run, group, sequence, setup, step, teardown


@sequence
class Nested:
    outer_is_on = False

    @setup
    def power_on(self, run: Run) -> None:
        self.outer_is_on = True

    @group
    class Radio:
        outer: "Nested"

        @setup
        def radio_on(self, run: Run) -> None:
            assert self.outer.outer_is_on

        @step
        def transmit(self, run: Run) -> None:
            raise RuntimeError("no carrier")

        @step
        def receive(self, run: Run) -> None:
            run.log("never")

        @teardown
        def fails(self, run: Run) -> None:
            run.fail("it still glows")

        @teardown
        def radio_off(self, run: Run) -> None:
            run.log("radio off")

    @group
    class Camera:
        @setup
        def camera_on(self, run: Run) -> None:
            run.log("never")

        @step
        def look(self, run: Run) -> None:
            run.log("never")

        @teardown
        def camera_off(self, run: Run) -> None:
            run.log("never")

    @step
    def after(self, run: Run) -> None:
        run.log("never")

    @teardown
    def power_off(self, run: Run) -> None:
        run.log("off")
