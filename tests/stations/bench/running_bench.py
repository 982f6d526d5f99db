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
from stations.drivers.safe_state import make_safe
from stations.station_file import read_station_file, slot_settings
from tests.installations import FREE_PORTS

STATION = """
station: {{id: test}}
slots:
  - id: slot-1
    instruments: {{supply: supply-1, meter: meter-1, load: load-1, board: board-1}}
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
    options: {{timeout_s: 2, acknowledge: OK, sync: "ECHO {{token}}"}}
    commands:
      relay: {{write: "RELAY {{value}}", query: "RELAY?", type: boolean}}
      mode: {{write: "MODE {{value}}", query: "MODE?", type: text}}
    safe_state:
      - {{write: RELAY OFF, check: "RELAY?", expect: OFF}}
    simulation: {{model: board, board: board-1, serial_number: SN-7}}
"""


class RunningBench:
    """Started at once; `stop` ends it."""

    def __init__(self, folder: Path, *arguments: str, keep: tuple[int, ...] = ()) -> None:
        self.folder = folder
        self.station_file = folder / "station.yaml"
        if not self.station_file.exists():
            ports = {name: next(FREE_PORTS) for name in ("supply", "meter", "load")}
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
        """By role."""
        return slot_settings(read_station_file(self.station_file))[0]["instruments"]

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
        for settings in self.instruments.values():
            self.fault(settings["name"], "clear")
        assert make_safe(self.instruments, 5.0)["confirmed"]
        os.truncate(self.folder / "bench" / "commands.jsonl", 0)

    def stop(self) -> str:
        """End it and return what it complained about."""
        self.process.terminate()
        return self.process.communicate(timeout=10)[1]
