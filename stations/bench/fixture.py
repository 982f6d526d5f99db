"""A simulated test fixture, an HTTP device: a lamp, a clamp, and a light meter, as JSON."""

from __future__ import annotations

import json
from typing import Any

from stations.bench.circuit import Circuit
from stations.bench.fault_switches import FaultSwitches
from stations.bench.readout import Readout

FULL_LUX = 800.0
DARK_LUX = 2.0


class Fixture:
    """Takes `METHOD PATH BODY` and answers `STATUS BODY`.

    `GET /info`, `GET /state`, `PUT /lamp {"on": true, "level": 0.5}`, `PUT /clamp {"closed": true}`.
    """

    def __init__(self, name: str, circuit: Circuit, faults: FaultSwitches) -> None:
        self.name, self.faults = name, faults
        self.lamp, self.level, self.clamp = False, 1.0, False
        self._readout = Readout(name, faults)

    def handle(self, line: str) -> str:
        method, path, body = [*line.split(" ", 2), ""][:3]
        if (method, path) == ("GET", "/info"):
            model = "WRONG-MODEL" if self.faults.wrong_identity else "SIMULATED-FIXTURE"
            return _answer(200, {"model": model, "serial": self.name, "version": "1.0"})
        if (method, path) == ("GET", "/state"):
            return _answer(200, {"lamp": self._lamp(), "clamp": {"closed": self.clamp}})
        if method != "PUT" or path not in ("/lamp", "/clamp"):
            return _answer(404, {"error": f"there is no {method} {path}"})
        if self.faults.error:
            return _answer(500, {"error": "the fixture does not move"})
        return self._put(path, body)

    def _lamp(self) -> dict[str, Any]:
        lux = DARK_LUX + (FULL_LUX * self.level if self.lamp else 0.0)
        return {"on": self.lamp, "level": self.level, "lux": round(self._readout.value(lux, 0.5), 3)}

    def _put(self, path: str, body: str) -> str:
        try:
            wanted = json.loads(body)
            on, level = wanted.get("on", self.lamp), wanted.get("level", self.level)
            closed = wanted.get("closed", self.clamp)
        except (ValueError, AttributeError):
            return _answer(400, {"error": "the body is no JSON object"})
        if not isinstance(on, bool) or not isinstance(closed, bool) or not isinstance(level, (int, float)):
            return _answer(422, {"error": "on and closed are true or false, level is a number"})
        if not 0 <= level <= 1:
            return _answer(422, {"error": "level is 0 to 1"})
        if path == "/lamp":
            self.lamp, self.level = self.faults.moved(self.lamp, on), float(level)
            return _answer(200, self._lamp())
        self.clamp = self.faults.moved(self.clamp, closed)
        return _answer(200, {"closed": self.clamp})

    def state(self) -> dict[str, Any]:
        return {"lamp": self.lamp, "level": self.level, "clamp": self.clamp}


def _answer(status: int, body: dict[str, Any]) -> str:
    return f"{status} {json.dumps(body)}"
