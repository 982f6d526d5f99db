"""The simulated instruments answer like real ones."""

from __future__ import annotations

import pytest

from stations.bench.board import Board
from stations.bench.circuit import BOOT_S, Circuit
from stations.bench.electronic_load import ElectronicLoad
from stations.bench.fault_switches import FaultSwitches
from stations.bench.multimeter import Multimeter
from stations.bench.power_supply import PowerSupply


@pytest.fixture
def circuit() -> Circuit:
    return Circuit()


@pytest.fixture
def supply(circuit: Circuit) -> PowerSupply:
    return PowerSupply("supply-1", circuit, FaultSwitches())


def booted_board(circuit: Circuit, faults: FaultSwitches) -> Board:
    circuit.turn(output=True, volts=5.0)
    assert circuit.powered_since is not None
    circuit.powered_since -= BOOT_S
    return Board("board-1", circuit, faults, "SN-7")


@pytest.mark.parametrize("header", ["VOLT", "volt", "VOLTAGE", ":SOUR:VOLT", "SOURce:VOLTage"])
def test_headers_are_known_in_short_and_long_form(supply: PowerSupply, header: str) -> None:
    assert supply.handle(f"{header} 5;{header}?") == "5.000"


@pytest.mark.parametrize(
    ("command", "entry"),
    [
        ("BOGUS", '-113,"Undefined header"'),
        ("VOLTAG 5", '-113,"Undefined header"'),
        ("VOLT 99", '-222,"Data out of range"'),
        ("VOLT five", '-104,"Data type error"'),
        ("VOLT", '-109,"Missing parameter"'),
        ("OUTP maybe", '-104,"Data type error"'),
    ],
)
def test_wrong_commands_are_queued_and_not_obeyed(supply: PowerSupply, command: str, entry: str) -> None:
    assert supply.handle(command) is None
    assert (supply.handle("SYST:ERR?"), supply.handle("SYST:ERR?")) == (entry, '0,"No error"')
    assert supply.handle("VOLT?") == "0.000"


def test_clear_empties_the_error_queue(supply: PowerSupply) -> None:
    assert supply.handle("BOGUS;*CLS;SYST:ERR?") == '0,"No error"'


def test_reset_switches_off(supply: PowerSupply) -> None:
    assert supply.handle("VOLT 5;OUTP ON;*RST;OUTP?;VOLT?;*OPC?") == "0;0.000;1"


def test_supply_tells_its_mode(supply: PowerSupply) -> None:
    assert supply.handle("STAT:MODE?") == "OFF"
    assert supply.handle("VOLT 5;OUTP ON;STAT:MODE?;CURR 0.05;STAT:MODE?") == "CV;CC"


def test_instruments_of_one_board_see_the_same_circuit(circuit: Circuit, supply: PowerSupply) -> None:
    load, meter = (kind("any", circuit, FaultSwitches()) for kind in (ElectronicLoad, Multimeter))
    supply.handle("VOLT 5;OUTP ON")
    before = float(meter.handle("MEAS:VOLT? (@3V3)") or "nan")
    load.handle("CURR 0.5;INP ON")
    assert float(meter.handle("MEAS:VOLT? (@3V3)") or "nan") == pytest.approx(before - 0.02, abs=0.005)
    assert float(supply.handle("MEAS:CURR?") or "nan") == pytest.approx(0.6, abs=0.01)


def test_meter_stays_on_the_channel_that_was_routed(circuit: Circuit, supply: PowerSupply) -> None:
    meter = Multimeter("meter-1", circuit, FaultSwitches())
    supply.handle("VOLT 5;OUTP ON")
    meter.handle("ROUT:CLOS (@1V8)")
    assert meter.handle("ROUT:CLOS?") == "(@1V8)"
    assert float(meter.handle("MEAS:VOLT?") or "nan") == pytest.approx(1.8, abs=0.01)
    assert meter.handle("MEAS:VOLT? (@9V)") is None


def test_noise_is_the_same_at_every_start() -> None:
    first, second = (Multimeter("meter-1", Circuit(), FaultSwitches()) for _ in range(2))
    assert [first.handle("MEAS:VOLT?") for _ in range(3)] == [second.handle("MEAS:VOLT?") for _ in range(3)]


def test_board_without_power_answers_only_for_its_adapter(circuit: Circuit) -> None:
    board = Board("board-1", circuit, FaultSwitches(), "SN-7")
    assert [board.handle(line) for line in ("ECHO 17", "RELAY?", "*IDN?")] == ["17", "OFF", None]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("*IDN?", "Gwanje,DEMO-BOARD,SN-7,1.0"),
        ("SERIAL?", "SN-7"),
        ("SELFTEST?", "PASS"),
        ("LED ON", "OK"),
        ("LED?", "OFF"),
        ("MODE ACTIVE", "OK"),
        ("MODE SLEEP", "ERR command"),
        ("RELAY 2", "ERR parameter"),
        ("BOGUS", "ERR command"),
    ],
)
def test_booted_board_answers_every_line(circuit: Circuit, line: str, answer: str) -> None:
    assert booted_board(circuit, FaultSwitches()).handle(line) == answer


def test_active_board_takes_more_current_and_gets_warmer(circuit: Circuit) -> None:
    board = booted_board(circuit, FaultSwitches())
    idle_amps, idle_degc = circuit.point.supply_amps, float(board.handle("TEMP?") or "nan")
    board.handle("MODE ACTIVE")
    assert circuit.point.supply_amps == pytest.approx(idle_amps + 0.1)
    assert float(board.handle("TEMP?") or "nan") > idle_degc + 1


def test_error_fault_leaves_commands_undone(circuit: Circuit) -> None:
    faults = FaultSwitches(error=True)
    supply = PowerSupply("supply-1", circuit, faults)
    assert supply.handle("OUTP ON;OUTP?;SYST:ERR?") == '0;-200,"Execution error"'
    assert booted_board(circuit, faults).handle("RELAY ON") == "ERR execution"


def test_drift_moves_every_reading(circuit: Circuit) -> None:
    assert float(Multimeter("m", circuit, FaultSwitches(drift=0.5)).handle("MEAS:VOLT?") or "nan") > 0.49


@pytest.mark.parametrize(("fault", "value"), [("explode", ""), ("mute", "maybe"), ("slow", "fast")])
def test_unknown_faults_and_values_are_refused(fault: str, value: str) -> None:
    with pytest.raises(ValueError):
        FaultSwitches().switch(fault, value)
