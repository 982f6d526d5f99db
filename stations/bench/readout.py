"""Measurement noise that is the same at every start, so that a failing run can be looked at again."""

from __future__ import annotations

import random

from stations.bench.fault_switches import FaultSwitches


class Readout:
    """The converter of one instrument: adds its noise (standard deviation in the unit of the value) and its faults."""

    def __init__(self, name: str, faults: FaultSwitches) -> None:
        self._random = random.Random(name)
        self._faults = faults

    def __call__(self, value: float, noise: float) -> str:
        return f"{self.value(value, noise):.6f}"

    def value(self, value: float, noise: float) -> float:
        off = self._faults.noise * self._random.uniform(-1, 1) if self._faults.noise else 0.0
        return value + self._faults.drift + off + self._random.gauss(0.0, noise)
