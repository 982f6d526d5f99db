"""A simulated multimeter with a scanner: it measures at the board's input and at both rails."""

from __future__ import annotations

from typing import Any

from stations.bench.circuit import Circuit
from stations.bench.fault_switches import FaultSwitches
from stations.bench.readout import Readout
from stations.bench.scpi_model import ScpiError, ScpiModel

CHANNELS = {"VIN": "input_volts", "3V3": "rail_3v3", "1V8": "rail_1v8"}


class Multimeter(ScpiModel):
    """`MEASure:VOLTage? (@3V3)` measures at a channel; without one, at the channel that `ROUTe:CLOSe` chose last."""

    def __init__(self, name: str, circuit: Circuit, faults: FaultSwitches) -> None:
        super().__init__(f"Gwanje,SIMULATED-METER,{name},1.0", faults)
        self.circuit = circuit
        self.channel = "VIN"
        self._readout = Readout(name, faults)
        self.on("ROUTe:CLOSe", self.route)
        self.on("ROUTe:CLOSe?", lambda _: f"(@{self.channel})")
        self.on("MEASure:VOLTage[:DC]?", self.measure)

    def reset(self) -> None:
        self.channel = "VIN"

    def route(self, text: str) -> None:
        channel = text.upper().removeprefix("(@").removesuffix(")")
        if channel not in CHANNELS:
            raise ScpiError(-222, "Data out of range")
        self.channel = channel

    def measure(self, text: str) -> str:
        if text:
            self.route(text)
        return self._readout(getattr(self.circuit.point, CHANNELS[self.channel]), 0.0004)

    def state(self) -> dict[str, Any]:
        return {"channel": self.channel}
