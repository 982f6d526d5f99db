"""Powers a board, checks its 3.3 V rail, and always leaves it without power."""

from __future__ import annotations

from sequences.authoring import Run, sequence, setup, step, teardown


@sequence
class MySequence:
    @setup
    def power_on(self, run: Run) -> None:
        """Voltage first, then the output: the board never sees a voltage that was meant for another."""
        run.instruments.supply.set("voltage", run.parameters.input_voltage)
        run.instruments.supply.set("output", True)

    @step(timeout_s=10, attempts=3, retry_delay_s=0.5)
    def measure_rail(self, run: Run) -> None:
        """The name finds its limits in the manifest. A rail that is not there yet gets two more attempts."""
        run.sleep(0.1)
        run.measure("rail_3v3", run.instruments.meter.read("rail_3v3"))

    @teardown
    def power_off(self, run: Run) -> None:
        """Runs whatever happened before: after a failure, a timeout, a stop."""
        run.instruments.supply.set("output", False)
