"""A sequence that is fine; its manifest is not."""

from __future__ import annotations

from sequences.authoring import Run, sequence, setup, step, teardown


@sequence
class Broken:
    @setup
    def power_on(self, run: Run) -> None:
        run.instruments.supply.set("output", True)

    @step
    def measure(self, run: Run) -> None:
        run.measure("rail", run.instruments.supply.read("measured_voltage"))

    @teardown
    def power_off(self, run: Run) -> None:
        run.instruments.supply.set("output", False)
