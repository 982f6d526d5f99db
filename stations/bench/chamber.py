"""A simulated temperature chamber, a Modbus device: what it is told, and how its temperature follows."""

from __future__ import annotations

import math
import struct
import time
from typing import Any

from stations.bench.circuit import Circuit
from stations.bench.fault_switches import FaultSwitches
from stations.bench.readout import Readout

AMBIENT_DEGC = 23.0
FOLLOWS_S = 3.0  # after so long two thirds of a step are done; a real chamber takes minutes
LOWEST_DEGC, HIGHEST_DEGC = -70.0, 180.0
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, FAILURE = "exception 1", "exception 2", "exception 3", "exception 4"


class Chamber:
    """Takes `read TABLE ADDRESS COUNT` and `write TABLE ADDRESS VALUE...`, answers values or `exception CODE`.

    holding 0-1 setpoint (float32, degC), holding 2 fan (percent); input 0-1 temperature (float32, degC), input 2
    humidity (tenths of a percent); coil 0 on or off; discrete 0 door closed.
    """

    def __init__(self, name: str, circuit: Circuit, faults: FaultSwitches) -> None:
        self.name, self.faults = name, faults
        self.on, self.fan, self.setpoint = False, 50, AMBIENT_DEGC
        self._reached, self._since = AMBIENT_DEGC, time.monotonic()
        self._readout = Readout(name, faults)

    @property
    def temperature(self) -> float:
        """What it really has, in degC."""
        target = self.setpoint if self.on else AMBIENT_DEGC
        return target + (self._reached - target) * math.exp((self._since - time.monotonic()) / FOLLOWS_S)

    def handle(self, line: str) -> str:
        word, *words = line.split()
        if word == "identify":
            return "ACME;WRONG-DEVICE;0.0" if self.faults.wrong_identity else "Gwanje;SIMULATED-CHAMBER;1.0"
        if word not in ("read", "write"):
            return ILLEGAL_FUNCTION
        table, address, *numbers = words[0], *map(int, words[1:])
        if word == "read":
            values = self._tables()[table][address : address + numbers[0]]
            return " ".join(map(str, values)) if len(values) == numbers[0] else ILLEGAL_ADDRESS
        return FAILURE if self.faults.error else self._write(table, address, numbers)

    def _tables(self) -> dict[str, list[int]]:
        humidity = round(10 * self._readout.value(45.0, 0.1))
        return {
            "holding": [*_registers(self.setpoint), self.fan],
            "input": [*_registers(self._readout.value(self.temperature, 0.02)), max(0, min(humidity, 1000))],
            "coil": [int(self.on)],
            "discrete": [1],
        }

    def _write(self, table: str, address: int, numbers: list[int]) -> str:
        if table == "coil" and address == 0 and len(numbers) == 1:
            self._keep(on=self.faults.moved(self.on, bool(numbers[0])), setpoint=self.setpoint)
        elif table == "holding" and address == 0 and len(numbers) == 2:
            (wanted,) = struct.unpack(">f", struct.pack(">HH", *numbers))
            if not LOWEST_DEGC <= wanted <= HIGHEST_DEGC:
                return ILLEGAL_VALUE
            self._keep(on=self.on, setpoint=wanted)
        elif table == "holding" and address == 2 and len(numbers) == 1:
            if numbers[0] > 100:
                return ILLEGAL_VALUE
            self.fan = numbers[0]
        else:
            return ILLEGAL_ADDRESS
        return "ok"

    def _keep(self, *, on: bool, setpoint: float) -> None:
        """From here on another temperature is aimed at."""
        self._reached, self._since = self.temperature, time.monotonic()
        self.on, self.setpoint = on, setpoint

    def state(self) -> dict[str, Any]:
        return {"on": self.on, "setpoint": self.setpoint, "temperature": round(self.temperature, 3)}


def _registers(value: float) -> tuple[int, ...]:
    return struct.unpack(">HH", struct.pack(">f", value))
