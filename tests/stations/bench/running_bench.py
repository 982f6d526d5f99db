"""A real bench process on free ports, with a station file of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stations.bench.control_socket import order
from stations.contracts import InstrumentSettings
from stations.drivers.loading import BUILT_IN, warm_up
from stations.drivers.safe_state import make_safe
from stations.station_file import read_station_file, slot_settings
from tests.installations import FREE_PORTS

STATION = """
station: {{id: test}}
slots:
  - id: slot-1
    instruments: {{supply: supply-1, meter: meter-1, load: load-1, board: board-1}}
  - id: slot-2
    instruments: {{switch: switch-1, chamber: chamber-1, fixture: fixture-1}}
instruments:
  supply-1:
    driver: stations.drivers.scpi.ScpiInstrument
    resource: TCPIP::127.0.0.1::{supply}::SOCKET
    options: {{timeout_s: 2, identity: SIMULATED-SUPPLY}}
    commands:
      voltage: {{write: "VOLT {{value}}", query: "VOLT?", unit: V, minimum: 0, maximum: 20}}
      output: {{write: "OUTP {{value}}", query: "OUTP?", type: boolean}}
      mode: {{query: "STAT:MODE?", type: text}}
      identity: {{query: "*IDN?"}}
    safe_state:
      - {{write: OUTP OFF, check: "OUTP?", expect: 0}}
      - {{write: VOLT 0, check: "VOLT?", expect: 0}}
    simulation: {{model: power_supply, board: board-1}}
  meter-1:
    driver: stations.drivers.scpi.ScpiInstrument
    resource: TCPIP::127.0.0.1::{meter}::SOCKET
    options: {{timeout_s: 2}}
    commands:
      rail: {{query: "MEAS:VOLT? (@3V3)", unit: V}}
    simulation: {{model: multimeter, board: board-1}}
  load-1:
    driver: stations.drivers.scpi.ScpiInstrument
    resource: TCPIP::127.0.0.1::{load}::SOCKET
    options: {{timeout_s: 2}}
    safe_state:
      - {{write: INP OFF, check: "INP?", expect: 0}}
    simulation: {{model: load, board: board-1}}
  board-1:
    driver: stations.drivers.serial_line.SerialLine
    resource: {folder}/board-1.tty
    options: {{timeout_s: 2, acknowledge: OK, sync: "ECHO {{token}}", log_prefix: "["}}
    commands:
      relay: {{write: "RELAY {{value}}", query: "RELAY?", type: boolean}}
      mode: {{write: "MODE {{value}}", query: "MODE?", type: text}}
    safe_state:
      - {{write: RELAY OFF, check: "RELAY?", expect: OFF}}
    simulation: {{model: board, board: board-1, serial_number: SN-7}}
  switch-1:
    driver: stations.drivers.scpi.ScpiInstrument
    resource: TCPIP::127.0.0.1::{switch}::SOCKET
    options: {{timeout_s: 2, identity: SIMULATED-SWITCH}}
    commands:
      close: {{write: "ROUT:CLOS (@{{value}})", minimum: 101, maximum: 108}}
      closed: {{query: "ROUT:CLOS:STAT?", type: text}}
    safe_state:
      - {{write: "ROUT:OPEN:ALL", check: "ROUT:CLOS:STAT?", expect: "(@)"}}
    simulation: {{model: switch, board: board-1}}
  chamber-1:
    driver: stations.drivers.modbus_tcp.ModbusTcp
    resource: modbus://127.0.0.1:{chamber}/1
    options: {{timeout_s: 2, identify: device, identity: SIMULATED-CHAMBER}}
    commands:
      setpoint: {{write: "holding 0 float32 {{value}}", query: holding 0 float32, minimum: -100, maximum: 300}}
      temperature: {{query: input 0 float32, unit: degC}}
      humidity: {{query: input 2 uint16 x0.1, unit: percent}}
      fan: {{write: "holding 2 {{value}}", query: holding 2, unit: percent}}
      on: {{write: "coil 0 {{value}}", query: coil 0, type: boolean}}
      door_closed: {{query: discrete 0, type: boolean}}
    safe_state:
      - {{write: coil 0 OFF, check: coil 0, expect: OFF}}
    simulation: {{model: modbus_device, board: board-1}}
  fixture-1:
    driver: stations.drivers.http.HttpInstrument
    resource: http://127.0.0.1:{fixture}
    options: {{timeout_s: 2, identify: GET /info /model, identity: SIMULATED-FIXTURE}}
    commands:
      lamp: {{write: 'PUT /lamp {{"on": {{value}}}}', query: GET /state /lamp/on, type: boolean}}
      level: {{write: 'PUT /lamp {{"level": {{value}}}}', query: GET /state /lamp/level, minimum: 0, maximum: 2}}
      light: {{query: GET /state /lamp/lux, unit: lux}}
    safe_state:
      - {{write: 'PUT /lamp {{"on": false}}', check: GET /state /lamp/on, expect: "false"}}
    simulation: {{model: http_device, board: board-1}}
"""


PORTS = ("supply", "meter", "load", "switch", "chamber", "fixture")


class RunningBench:
    """Started at once; `stop` ends it."""

    def __init__(self, folder: Path, *arguments: str, keep: tuple[int, ...] = ()) -> None:
        self.folder = folder
        self.station_file = folder / "station.yaml"
        if not self.station_file.exists():
            ports = {name: next(FREE_PORTS) for name in PORTS}
            self.station_file.write_text(STATION.format(**ports, folder=folder))
        ready, told = os.pipe()
        command = [sys.executable, "-m", "stations.bench", "--station-file", str(self.station_file)]
        self.process = subprocess.Popen(
            [*command, "--data-dir", str(folder), "--ready-fd", str(told), *arguments],
            pass_fds=(told, *keep),
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(told)
        self.is_ready = os.read(ready, 1) == b"1"
        os.close(ready)

    @property
    def instruments(self) -> dict[str, InstrumentSettings]:
        """By role: those of the slot with the board."""
        return self._of_slot(0)

    @property
    def others(self) -> dict[str, InstrumentSettings]:
        """By role: those of the slot without."""
        return self._of_slot(1)

    def _of_slot(self, number: int) -> dict[str, InstrumentSettings]:
        return slot_settings(read_station_file(self.station_file))[number]["instruments"]

    def fault(self, *words: str) -> dict[str, Any]:
        return order(self.folder, list(words))

    def state(self, instrument: str) -> dict[str, Any]:
        found: dict[str, Any] = order(self.folder, ["state"])["state"][instrument]
        return found

    def commands(self, instrument: str) -> list[str]:
        """Everything that the instrument was told."""
        entries = map(json.loads, (self.folder / "bench" / "commands.jsonl").read_text().splitlines())
        return [entry["command"] for entry in entries if entry["instrument"] == instrument]

    def calm_down(self) -> None:
        """No faults, everything off, and an empty record."""
        warm_up(BUILT_IN)  # what drivers import must not count as the time of a test
        every = {each["name"]: each for slot in (self.instruments, self.others) for each in slot.values()}
        for settings in every.values():
            self.fault(settings["name"], "clear")
        assert make_safe(every, 5.0)["confirmed"]
        os.truncate(self.folder / "bench" / "commands.jsonl", 0)

    def stop(self) -> str:
        """End it and return what it complained about."""
        self.process.terminate()
        return self.process.communicate(timeout=10)[1]
