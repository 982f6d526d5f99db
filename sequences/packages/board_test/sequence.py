"""A board goes through its test: powered, identified, measured, loaded, warmed up, and always switched off."""

from __future__ import annotations

import time

from sequences.authoring import Run, sequence, setup, step, teardown


@sequence
class BoardTest:
    @setup
    def power_on(self, run: Run) -> None:
        """Voltage and current limit first, then the output: the board never sees a voltage meant for another."""
        supply = run.instruments.supply
        supply.set("voltage", run.parameters.input_voltage)
        supply.set("current_limit", run.parameters.current_limit)
        supply.set("output", True)

    @step(attempts=3, retry_delay_s=0.2, critical=True)
    def boot(self, run: Run) -> None:
        """A board that does not answer yet raises an error, and the step is tried again."""
        run.sleep(run.parameters.boot_time)
        run.log(f"The board answers: {run.instruments.board.identify()}")

    @step(timeout_s=10)
    def read_identity(self, run: Run) -> dict[str, str]:
        maker, model, *_ = run.instruments.board.read("identity").split(",")
        serial_number = run.instruments.board.read("serial_number")
        run.measure("model", model)
        run.measure("serial_number", serial_number)
        return {"maker": maker, "serial_number": serial_number}

    @step(timeout_s=10)
    def self_test(self, run: Run) -> None:
        run.measure("self_test", run.instruments.board.read("self_test"))

    @step(timeout_s=10)
    def measure_rails(self, run: Run) -> None:
        """Limits and units stand in the manifest, under the names of the measurements."""
        for name in ("input_voltage", "rail_3v3", "rail_1v8"):
            run.measure(name, run.instruments.meter.read(name))

    @step
    def sweep_load(self, run: Run) -> None:
        """How far does the 3.3 V rail sag? The slope of voltage over current is the rail's resistance."""
        load, meter = run.instruments.load, run.instruments.meter
        points = run.parameters.sweep_points
        rows = []
        load.set("current", 0)
        load.set("input", True)
        for point in range(points):
            load.set("current", run.parameters.sweep_current * point / (points - 1))
            run.sleep(run.parameters.settle_time)
            rows.append((load.read("measured_current"), meter.read("rail_3v3")))
            run.progress(point + 1, points)
        load.set("input", False)
        run.record_curve("load_curve", columns={"current": "A", "voltage": "V"}, rows=rows)
        run.measure("rail_3v3_resistance", resistance(rows))

    @step
    def burn_in(self, run: Run) -> None:
        """Full activity for a while, which may be made longer or shorter meanwhile; the hottest moment counts."""
        board = run.instruments.board
        board.set("mode", "ACTIVE")
        began = time.monotonic()
        peak = board.read("temperature")
        while (elapsed := time.monotonic() - began) < run.parameters.burn_in_time:
            run.progress(elapsed, run.parameters.burn_in_time, f"{peak:.1f} degC")
            run.sleep(min(0.2, run.parameters.burn_in_time - elapsed))
            peak = max(peak, board.read("temperature"))
        board.set("mode", "IDLE")
        run.measure("peak_temperature", peak)

    @step(timeout_s=10)
    def measure_standby(self, run: Run) -> None:
        run.sleep(run.parameters.settle_time)
        run.measure("standby_current", run.instruments.supply.read("measured_current"))

    @teardown
    def remove_load(self, run: Run) -> None:
        run.instruments.load.set("input", False)

    @teardown
    def power_off(self, run: Run) -> None:
        """Switched off, and seen to be off."""
        supply = run.instruments.supply
        supply.set("output", False)
        supply.set("voltage", 0)
        run.measure("voltage_when_off", supply.read("measured_voltage"))


def resistance(rows: list[tuple[float, float]]) -> float:
    """The slope of the straight line through the first and the last point, in ohm. No current at all: infinite."""
    (first_current, first_voltage), (last_current, last_voltage) = rows[0], rows[-1]
    if last_current == first_current:
        return float("inf")
    return (first_voltage - last_voltage) / (last_current - first_current)
