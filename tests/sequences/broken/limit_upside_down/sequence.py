"""Gives limits that nothing can hold."""

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
        run.measure("ripple", 0.1, unit="V", minimum=1, maximum=0.5)

    @teardown
    def power_off(self, run: Run) -> None:
        run.instruments.supply.set("output", False)
