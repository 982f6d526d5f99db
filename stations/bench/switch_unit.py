"""A simulated switch: eight relays, 101 to 108, each with its read-back."""

from __future__ import annotations

import re
from typing import Any

from stations.bench.circuit import Circuit
from stations.bench.fault_switches import FaultSwitches
from stations.bench.scpi_model import ScpiError, ScpiModel

CHANNELS = range(101, 109)
LIST = re.compile(r"\(@(\d+(?:[,:]\d+)*)\)")


class SwitchUnit(ScpiModel):
    """`ROUTe:CLOSe (@101,103:105)`, `ROUTe:OPEN (@101)`, `ROUTe:OPEN:ALL`, `ROUTe:CLOSe? (@101)`: 1 is closed."""

    def __init__(self, name: str, circuit: Circuit, faults: FaultSwitches) -> None:
        super().__init__(f"Gwanje,SIMULATED-SWITCH,{name},1.0", faults)
        self.closed = dict.fromkeys(CHANNELS, False)
        self.on("ROUTe:CLOSe", lambda text: self.move(text, True))
        self.on("ROUTe:OPEN", lambda text: self.move(text, False))
        self.on("ROUTe:OPEN:ALL", lambda _: self.reset())
        self.on("ROUTe:CLOSe?", lambda text: ",".join(f"{self.closed[each]:d}" for each in channels(text)))
        self.on("ROUTe:CLOSe:STATe?", lambda _: f"(@{','.join(str(each) for each, on in self.closed.items() if on)})")

    def move(self, text: str, wanted: bool) -> None:
        for channel in channels(text):
            self.closed[channel] = self.faults.moved(self.closed[channel], wanted)

    def reset(self) -> None:
        self.move(f"(@{CHANNELS[0]}:{CHANNELS[-1]})", False)

    def state(self) -> dict[str, Any]:
        return {"closed": [channel for channel, on in self.closed.items() if on]}


def channels(text: str) -> list[int]:
    """The channels of a list like (@101,103:105). Raises ScpiError as an instrument would queue it."""
    match = LIST.fullmatch(text)
    if match is None:
        raise ScpiError(-109, "Missing parameter")
    found: list[int] = []
    for part in match[1].split(","):
        first, _, last = part.partition(":")
        found += range(int(first), int(last or first) + 1)
    if not found or not set(found) <= set(CHANNELS):
        raise ScpiError(-222, "Data out of range")
    return found
