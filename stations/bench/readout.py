"""Measurement noise that is the same at every start, so that a failing run can be looked at again."""

from __future__ import annotations

import random

from stations.bench.fault_switches import FaultSwitches


class Readout:
    """The converter of one instrument: adds its noise (standard deviation in the unit of the value) and its drift."""

    def __init__(self, name: str, faults: FaultSwitches) -> None:
        self._random = random.Random(name)
        self._faults = faults

    def __call__(self, value: float, noise: float) -> str:
        return f"{value + self._faults.drift + self._random.gauss(0.0, noise):.6f}"
