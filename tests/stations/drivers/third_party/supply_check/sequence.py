"""One sequence for every kind of driver: it knows roles and commands, nothing else."""

from __future__ import annotations

from sequences.authoring import Run, sequence, setup, step, teardown


@sequence
class SupplyCheck:
    @setup
    def switch_on(self, run: Run) -> None:
        run.instruments.supply.set("voltage", run.parameters.voltage)
        run.instruments.supply.set("current_limit", 1.0)
        run.instruments.supply.set("output", True)

    @step
    def measure(self, run: Run) -> None:
        run.measure("supply_voltage", run.instruments.supply.read("measured_voltage"))
        run.measure("meter_voltage", run.instruments.meter.read("voltage"))
        run.measure("is_on", run.instruments.supply.read("output"), equals=True)

    @step
    def count(self, run: Run) -> None:
        run.instruments.counter.set("setpoint", 61.55)
        run.measure("setpoint", run.instruments.counter.read("setpoint"))
        run.measure("counted", run.instruments.counter.read("count"))

    @teardown
    def switch_off(self, run: Run) -> None:
        run.instruments.supply.set("output", False)
