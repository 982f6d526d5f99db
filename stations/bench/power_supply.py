"""A simulated power supply with voltage and current limit: 0 to 15 V, 0 to 3 A."""

from __future__ import annotations

from typing import Any

from stations.bench.circuit import Circuit
from stations.bench.fault_switches import FaultSwitches
from stations.bench.readout import Readout
from stations.bench.scpi_model import ScpiModel, number, switch

MAX_VOLTS = 15.0
MAX_AMPS = 3.0


class PowerSupply(ScpiModel):
    """Feeds the circuit; goes into constant current when the circuit wants more than the limit."""

    def __init__(self, name: str, circuit: Circuit, faults: FaultSwitches) -> None:
        super().__init__(f"Gwanje,SIMULATED-SUPPLY,{name},1.0", faults)
        self.circuit = circuit
        readout = Readout(name, faults)
        self.on("[SOURce:]VOLTage", lambda text: circuit.turn(volts=number(text, 0, MAX_VOLTS, "V")))
        self.on("[SOURce:]VOLTage?", lambda _: f"{circuit.knobs.volts:.3f}")
        self.on("[SOURce:]CURRent", lambda text: circuit.turn(current_limit=number(text, 0, MAX_AMPS, "A")))
        self.on("[SOURce:]CURRent?", lambda _: f"{circuit.knobs.current_limit:.3f}")
        self.on("OUTPut[:STATe]", lambda text: self.turn_output(switch(text)))
        self.on("OUTPut[:STATe]?", lambda _: f"{circuit.knobs.output:d}")
        self.on("MEASure:VOLTage[:DC]?", lambda _: readout(circuit.point.supply_volts, 0.001))
        self.on("MEASure:CURRent[:DC]?", lambda _: readout(circuit.point.supply_amps, 0.0005))
        self.on("STATus:MODE?", lambda _: self.mode())

    def turn_output(self, wanted: bool) -> None:
        self.circuit.turn(output=self.faults.moved(self.circuit.knobs.output, wanted))

    def reset(self) -> None:
        self.turn_output(False)
        self.circuit.turn(volts=0.0, current_limit=1.0)

    def mode(self) -> str:
        if not self.circuit.knobs.output:
            return "OFF"
        return "CC" if self.circuit.point.limiting else "CV"

    def state(self) -> dict[str, Any]:
        point = self.circuit.point
        return {"output": self.circuit.knobs.output, "volts": point.supply_volts, "amps": point.supply_amps}
