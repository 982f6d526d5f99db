"""Switch, chamber and fixture, the boot log, and faults that every kind of instrument knows."""

from __future__ import annotations

import struct

import pytest

from stations.bench.board import Board
from stations.bench.chamber import AMBIENT_DEGC, FOLLOWS_S, Chamber
from stations.bench.circuit import Circuit
from stations.bench.electronic_load import ElectronicLoad
from stations.bench.fault_switches import FAULTS, FaultSwitches
from stations.bench.fixture import Fixture
from stations.bench.modbus_port import answer_of, line_of
from stations.bench.multimeter import Multimeter
from stations.bench.power_supply import PowerSupply
from stations.bench.switch_unit import SwitchUnit


def test_switch_closes_and_opens_channels_with_read_back() -> None:
    switch = SwitchUnit("switch-1", Circuit(), FaultSwitches())
    assert switch.handle("ROUT:CLOS (@101,103:105);:ROUT:CLOS? (@101,102)") == "1,0"
    assert switch.handle("ROUTe:OPEN (@104);:ROUT:CLOS:STAT?") == "(@101,103,105)"
    assert switch.handle("ROUT:OPEN:ALL;:ROUT:CLOS:STAT?") == "(@)"
    switch.handle("*CLS;ROUT:CLOS (@109)")
    assert switch.handle("SYST:ERR?") == '-222,"Data out of range"'
    assert switch.handle("ROUT:CLOS;SYST:ERR?") == '-109,"Missing parameter"'


def test_chamber_follows_its_setpoint_only_when_it_is_on() -> None:
    chamber = Chamber("chamber-1", Circuit(), FaultSwitches())
    high, low = struct.unpack(">HH", struct.pack(">f", 60.0))
    assert chamber.handle(f"write holding 0 {high} {low}") == "ok"
    chamber._since -= 10 * FOLLOWS_S
    assert chamber.temperature == pytest.approx(AMBIENT_DEGC, abs=0.1)
    chamber.handle("write coil 0 1")
    chamber._since -= FOLLOWS_S
    assert 40 < chamber.temperature < 50
    chamber._since -= 10 * FOLLOWS_S
    assert chamber.temperature == pytest.approx(60.0, abs=0.1)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("read holding 5 1", "exception 2"),
        ("write holding 2 101", "exception 3"),
        ("write input 0 1", "exception 2"),
        ("function 99", "exception 1"),
    ],
)
def test_chamber_refuses_as_modbus_devices_do(line: str, answer: str) -> None:
    assert Chamber("chamber-1", Circuit(), FaultSwitches()).handle(line) == answer


def test_modbus_frames_become_lines_and_lines_frames() -> None:
    assert line_of(bytes([3, 0, 0, 0, 2])) == "read holding 0 2"
    assert line_of(bytes([5, 0, 7, 0xFF, 0])) == "write coil 7 1"
    assert line_of(bytes([16, 0, 0, 0, 2, 4, 0, 1, 0, 2])) == "write holding 0 1 2"
    assert answer_of(bytes([3, 0, 0, 0, 2]), "1 258") == bytes([3, 4, 0, 1, 1, 2])
    assert answer_of(bytes([1, 0, 0, 0, 9]), "1 0 0 0 0 0 0 0 1") == bytes([1, 2, 1, 1])
    assert answer_of(bytes([99, 0]), "exception 1") == bytes([0xE3, 1])


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("GET /nowhere", '404 {"error": "there is no GET /nowhere"}'),
        ("PUT /lamp on", '400 {"error": "the body is no JSON object"}'),
        ("PUT /lamp [1]", '400 {"error": "the body is no JSON object"}'),
        ('PUT /clamp {"closed": 1}', '422 {"error": "on and closed are true or false, level is a number"}'),
        ('PUT /clamp {"closed": true}', '200 {"closed": true}'),
    ],
)
def test_fixture_answers_as_web_services_do(line: str, answer: str) -> None:
    assert Fixture("fixture-1", Circuit(), FaultSwitches()).handle(line) == answer


@pytest.mark.parametrize(
    ("kind", "on", "off", "key"),
    [
        (PowerSupply, "VOLT 5;OUTP ON", "OUTP OFF;*RST", "output"),
        (ElectronicLoad, "INP ON", "INP OFF;*RST", "input"),
        (SwitchUnit, "ROUT:CLOS (@101)", "ROUT:OPEN (@101);:ROUT:OPEN:ALL", "closed"),
        (Board, "RELAY ON", "RELAY OFF", "relay"),
        (Chamber, "write coil 0 1", "write coil 0 0", "on"),
        (Fixture, 'PUT /lamp {"on": true}', 'PUT /lamp {"on": false}', "lamp"),
        (Fixture, 'PUT /clamp {"closed": true}', 'PUT /clamp {"closed": false}', "clamp"),
    ],
)
def test_stuck_output_stays_on_and_says_so_until_the_fault_is_cleared(kind: type, on: str, off: str, key: str) -> None:
    faults = FaultSwitches()
    device = kind("any-1", Circuit(), faults, "SN") if kind is Board else kind("any-1", Circuit(), faults)
    faults.switch("stuck_output", "on")
    for line in (on, off):
        device.handle(line)
    assert device.state()[key] in (True, [101])
    faults.switch("clear", "")
    device.handle(off)
    assert device.state()[key] in (False, [])


def test_noise_and_drift_move_readings_as_far_as_they_are_told() -> None:
    faults, circuit = FaultSwitches(), Circuit()
    meter = Multimeter("meter-1", circuit, faults)
    faults.switch("noise", "0.5")
    readings = [float(str(meter.handle("MEAS:VOLT?"))) for _ in range(50)]
    assert 0.3 < max(map(abs, readings)) < 0.51
    faults.switch("noise", "0")
    faults.switch("drift", "-1")
    assert float(str(meter.handle("MEAS:VOLT?"))) == pytest.approx(-1, abs=0.01)


@pytest.mark.parametrize(
    ("fault", "value"), [("noise", "-1"), ("noise", ""), ("slow", "nan"), ("stuck_output", "maybe")]
)
def test_values_that_make_no_sense_are_refused(fault: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{fault} takes"):
        FaultSwitches().switch(fault, value)


def test_every_fault_is_known_and_every_known_one_is_a_fault() -> None:
    for fault in FAULTS:
        FaultSwitches().switch(fault, "1" if fault in ("slow", "noise", "drift") else "")
    with pytest.raises(ValueError, match="choose one of mute slow drop"):
        FaultSwitches().switch("explode", "")


def test_units_behind_numbers_are_understood() -> None:
    supply = PowerSupply("supply-1", Circuit(), FaultSwitches())
    assert supply.handle("VOLT 5 V;CURR 1.5A;VOLT?;CURR?") == "5.000;1.500"
    assert supply.handle("VOLT 5 A;SYST:ERR?") == '-131,"Invalid suffix"'
