"""Instruments and classes that we did not write, driven from a station file alone: instro's simulators by our drivers
and by instro's and pymeasure's own classes, unchanged.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sequences import trial
from stations.drivers.adapted import AdaptedInstrument
from stations.drivers.driver import InstrumentError
from stations.drivers.loading import load_driver
from stations.drivers.safe_state import make_safe
from stations.station_file import StationFileError, read_station_file, slot_settings
from tests.control.management.trying.desk import Desk
from tests.installations import FREE_PORTS
from tests.stations.bench.running_bench import RunningBench

pytestmark = pytest.mark.any_database

PACKAGE = Path(__file__).with_name("supply_check")
ALLOWED = ["instro.psu.drivers.*", "pymeasure.instruments.*"]
HEAD = """
station:
  id: test
  ladder: {{safe_budget_s: 5}}  # the first instro driver of a process takes most of a second to open
slots:
  - id: slot-1
    instruments: {{supply: supply-1, meter: meter-1, counter: counter-1}}
instruments:
  counter-1:
    driver: stations.drivers.modbus_tcp.ModbusTcp
    resource: modbus://127.0.0.1:{modbus}/2
    commands:
      setpoint: {{write: "holding 0 float32 {{value}}", query: holding 0 float32, unit: degC}}
      count: {{query: input 64 uint64}}
"""
GENERIC = """
  supply-1:
    driver: stations.drivers.scpi.ScpiInstrument
    resource: TCPIP::127.0.0.1::{supply}::SOCKET
    options: {{identity: SIMULATED_PSU}}
    commands:
      voltage: {{write: ":SOUR1:VOLT {{value}}", query: ":SOUR1:VOLT?", unit: V, minimum: 0, maximum: 400}}
      current_limit: {{write: ":SOUR1:CURR {{value}}", unit: A, minimum: 0, maximum: 3}}
      output: {{write: ":OUTP1:STAT {{value}}", query: ":OUTP1:STAT?", type: boolean}}
      measured_voltage: {{query: ":MEAS1:VOLT?", unit: V}}
    safe_state:
      - {{write: ":OUTP1:STAT OFF", check: ":OUTP1:STAT?", expect: 0}}
  meter-1:
    driver: stations.drivers.scpi.ScpiInstrument
    resource: TCPIP::127.0.0.1::{meter}::SOCKET
    options: {{identity: SIMULATED_DMM}}
    commands:
      voltage: {{query: "MEAS:VOLT:DC?", unit: V}}
"""
CLASSES = """
  supply-1:
    driver: instro.psu.drivers.SimulatedPSU
    resource: TCPIP::127.0.0.1::{supply}::SOCKET
    commands:
      voltage: {{write: "set_voltage({{value}}, 1)", query: get_voltage_setpoint(1), unit: V, minimum: 0, maximum: 400}}
      current_limit: {{write: "set_current_limit({{value}}, channel=1)", unit: A, minimum: 0, maximum: 3}}
      output: {{write: "output_enable({{value}}, 1)", query: get_output_status(1), type: boolean}}
      measured_voltage: {{query: get_voltage(1), unit: V}}
      mode: {{query: get_operating_mode(1), type: text}}
    safe_state:
      - {{write: "output_enable(False, 1)", check: get_output_status(1), expect: "False"}}
  meter-1:
    driver: pymeasure.instruments.hp.HP34401A
    resource: TCPIP::127.0.0.1::{meter}::SOCKET
    options: {{identify: id, identity: SIMULATED_DMM}}
    commands:
      voltage: {{query: reading, unit: V}}
"""
# A class of somebody's own, which is imported at once.
PLAIN = """
  supply-1:
    driver: tests.stations.drivers.foreign_classes.Supply
    resource: lab:0
    commands:
      voltage: {{write: "ch_1.voltage = {{value}}", query: ch_1.voltage, unit: V, minimum: 0, maximum: 400}}
      current_limit: {{write: "ch_1.current_limit = {{value}}", unit: A, minimum: 0, maximum: 3}}
      output: {{write: "output = {{value}}", query: output, type: boolean}}
      measured_voltage: {{query: measure, unit: V}}
    safe_state:
      - {{write: "output = False", check: output, expect: "False"}}
  meter-1:""" + GENERIC.partition("  meter-1:")[2]
KINDS = {"generic": HEAD + GENERIC, "classes": HEAD + CLASSES}


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """Where instro's simulators listen."""
    found = {name: next(FREE_PORTS) for name in ("supply", "meter", "modbus")}
    command = [sys.executable, "-m", "tests.stations.drivers.third_party.simulators", *map(str, found.values())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as simulators:
        assert simulators.stdout is not None
        assert simulators.stdout.readline() == b"ready\n"
        yield found
        simulators.kill()


def station_file(folder: Path, text: str, ports: dict[str, int]) -> Path:
    file = folder / "station.yaml"
    file.write_text(text.format(**ports))
    return file


@pytest.mark.filterwarnings("ignore:It is not known whether this device support SCPI")  # pymeasure's own
@pytest.mark.parametrize("kind", KINDS)
def test_one_sequence_runs_with_either_kind_of_driver(tmp_path: Path, ports: dict[str, int], kind: str) -> None:
    slot = slot_settings(read_station_file(station_file(tmp_path, KINDS[kind], ports), ALLOWED))[0]["instruments"]
    record = trial.run(PACKAGE, slot=slot)
    assert record.passed, record.story
    assert record.measurements["meter_voltage"]["value"] == pytest.approx(12.0, abs=0.2)
    supply = load_driver(slot["supply"], ALLOWED)
    supply.open()
    supply.set("output", True)
    supply.close()  # this supply takes one client at a time
    proof = make_safe(slot, 5.0, allowed=ALLOWED)
    assert (proof["confirmed"], list(proof["instruments"])) == (True, ["supply-1"])
    supply.open()
    assert supply.read("output") is False
    with pytest.raises(InstrumentError, match=r"supply-1 at .*out of range"):
        supply.set("voltage", 399)
    supply.close()


def test_station_with_classes_is_served_where_they_are_allowed_and_refused_elsewhere(
    tmp_path: Path, ports: dict[str, int]
) -> None:
    """Through everything that lies between: settings, guard, runner, run and safe state."""
    desk = Desk(tmp_path / "desk")
    try:
        shutil.copytree(PACKAGE, desk.packages / PACKAGE.name)
        station_file(tmp_path, HEAD + PLAIN, ports).replace(desk.installation.station_file)
        refused = desk.attempt("supply_check", "--yes")
        assert refused.returncode != 0
        assert (
            "supply-1.driver: there is no driver 'tests.stations.drivers.foreign_classes.Supply' here" in refused.stderr
        )
        desk.installation.environment["GWANJE_DRIVERS"] = "tests.stations.drivers.*,somebody.else.Supply"
        done = desk.attempt("supply_check", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        desk.installation.remove()


def test_driver_of_a_package_that_is_not_installed_is_a_problem_of_the_file(
    tmp_path: Path, ports: dict[str, int]
) -> None:
    file = station_file(tmp_path, KINDS["classes"], ports)
    file.write_text(file.read_text().replace("instro.psu", "not_installed_here.psu"))
    with pytest.raises(StationFileError, match="package that is not installed, 'not_installed_here'"):
        read_station_file(file, ["not_installed_here.*", *ALLOWED])


def test_pymeasure_class_drives_our_bench_with_the_traps_of_visa_taken_out(bench: RunningBench) -> None:
    settings = bench.instruments["supply"]
    settings["driver"] = "pymeasure.instruments.kepco.KepcoBOP3612"
    settings["options"] = {"timeout_s": 5, "identify": "id", "identity": "SIMULATED-SUPPLY"}
    settings["commands"] = {
        "voltage": {"write": "voltage_setpoint = {value}", "query": "voltage_setpoint"},
        "output": {"write": "output_enabled = {value}", "query": "output_enabled", "type": "boolean"},
    }
    settings["safe_state"] = [{"write": "output_enabled = False", "check": "output_enabled", "expect": "False"}]
    supply = load_driver(settings, ALLOWED)
    supply.open()
    supply.set("voltage", 5)
    supply.set("output", True)
    assert (supply.read("voltage"), supply.read("output"), supply.version[0].isdigit()) == (5.0, True, True)
    assert bench.state("supply-1")["output"] is True
    assert isinstance(supply, AdaptedInstrument)
    connection = supply.object.adapter.connection
    session: Any = connection.visalib.sessions[connection.session]
    assert session.interface.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    bench.fault("supply-1", "drop")
    used = os.times().user
    with pytest.raises(InstrumentError, match=r"failed at 'output_enabled' .*(closed the connection|reset by peer)"):
        supply.query("output_enabled")
    assert os.times().user - used < 1  # noticed, and not spun for five seconds
    assert supply.read("output") is True  # over a new connection
    bench.fault("supply-1", "unplug")
    with pytest.raises(InstrumentError, match="nothing listens there"):
        load_driver(settings, ALLOWED).open()
    bench.fault("supply-1", "replug")
    supply.close()
    assert make_safe({"supply": settings}, 5.0, allowed=ALLOWED)["confirmed"] is True
    assert bench.state("supply-1")["output"] is False
