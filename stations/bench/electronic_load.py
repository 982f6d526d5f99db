"""A simulated electronic load at the 3.3 V rail: draws 0 to 2 A while its input is on."""

from __future__ import annotations

from typing import Any

from stations.bench.circuit import Circuit
from stations.bench.fault_switches import FaultSwitches
from stations.bench.readout import Readout
from stations.bench.scpi_model import ScpiModel, number, switch

MAX_AMPS = 2.0


class ElectronicLoad(ScpiModel):
    """Constant current, as far as the rail can give it."""

    def __init__(self, name: str, circuit: Circuit, faults: FaultSwitches) -> None:
        super().__init__(f"Gwanje,SIMULATED-LOAD,{name},1.0", faults)
        self.circuit = circuit
        readout = Readout(name, faults)
        self.on("[SOURce:]CURRent", lambda text: circuit.turn(load_amps=number(text, 0, MAX_AMPS, "A")))
        self.on("[SOURce:]CURRent?", lambda _: f"{circuit.knobs.load_amps:.3f}")
        self.on("INPut[:STATe]", lambda text: self.turn_input(switch(text)))
        self.on("INPut[:STATe]?", lambda _: f"{circuit.knobs.load:d}")
        self.on("MEASure:VOLTage[:DC]?", lambda _: readout(circuit.point.rail_3v3, 0.001))
        self.on("MEASure:CURRent[:DC]?", lambda _: readout(circuit.point.load_amps, 0.0005))

    def turn_input(self, wanted: bool) -> None:
        self.circuit.turn(load=self.faults.moved(self.circuit.knobs.load, wanted))

    def reset(self) -> None:
        self.turn_input(False)
        self.circuit.turn(load_amps=0.0)

    def state(self) -> dict[str, Any]:
        return {"input": self.circuit.knobs.load, "amps": self.circuit.point.load_amps}
