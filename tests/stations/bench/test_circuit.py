"""The bench's circuit obeys Ohm's law and its limits."""

from __future__ import annotations

import pytest

from stations.bench.circuit import BOOT_S, CORE_1V8_OHM, CORE_OHM, WIRE_OHM, Circuit, Knobs, solve

ON = Knobs(output=True, volts=5.0, current_limit=1.0)


def test_output_off_means_no_voltage_and_no_current() -> None:
    point = solve(Knobs(volts=5.0))
    assert (point.supply_volts, point.supply_amps, point.rail_3v3) == (0.0, 0.0, 0.0)


def test_board_takes_its_own_current_over_the_wire() -> None:
    point = solve(ON)
    assert point.supply_amps == pytest.approx(3.3 / CORE_OHM + 1.8 / CORE_1V8_OHM)
    assert point.input_volts == pytest.approx(5.0 - point.supply_amps * WIRE_OHM)


def test_load_current_passes_through_the_supply_and_lowers_the_rail() -> None:
    idle, loaded = solve(ON), solve(Knobs(output=True, volts=5.0, load=True, load_amps=0.5))
    assert loaded.supply_amps - idle.supply_amps == pytest.approx(0.5)
    assert loaded.rail_3v3 < idle.rail_3v3
    assert loaded.limiting is False


def test_current_limit_lowers_the_voltage() -> None:
    point = solve(Knobs(output=True, volts=5.0, current_limit=0.3, load=True, load_amps=1.0))
    assert point.supply_amps == pytest.approx(0.3)
    assert point.supply_volts < 4.0
    assert point.limiting is True


def test_relay_drives_its_actuator_from_the_input() -> None:
    idle, driven = solve(ON), solve(Knobs(output=True, volts=5.0, relay=True))
    assert driven.supply_amps - idle.supply_amps == pytest.approx(driven.input_volts / 47, rel=1e-3)


def test_processor_boots_some_time_after_power_and_forgets_without() -> None:
    circuit = Circuit()
    circuit.turn(output=True, volts=5.0, led=True)
    assert (circuit.powered_since is not None, circuit.booted, circuit.knobs.led) == (True, False, True)
    assert circuit.powered_since is not None
    circuit.powered_since -= BOOT_S
    assert circuit.booted is True
    circuit.turn(output=False)
    assert (circuit.booted, circuit.knobs.led) == (False, False)
