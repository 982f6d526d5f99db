"""Classes as others write them, which know nothing of Gwanje."""

from __future__ import annotations

import socket
import time
from enum import Enum
from typing import Any


class Mode(Enum):
    CV = "constant voltage"


class Channel:
    def __init__(self, number: int) -> None:
        self.number = number
        self.voltage = self.current_limit = 0.0


class Supply:
    """A plain class: attributes, properties, methods, channels. Its address is a port that it connects to."""

    made = 0

    def __init__(self, address: str, channels: int = 1, label: str = "") -> None:
        type(self).made += 1
        self.address, self.label = address, label
        self.channels = {number: Channel(number) for number in range(1, channels + 1)}
        self.ch_1 = self.channels[1]
        self.mode = Mode.CV
        self._output = False
        self.closed = False

    def connect(self) -> None:
        port = int(self.address.rpartition(":")[2])
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=1) if port else None

    @property
    def output(self) -> bool:
        return self._output

    @output.setter
    def output(self, on: bool) -> None:
        if not isinstance(on, bool):
            raise TypeError("output takes a bool")
        self._output = on

    @property
    def serial_number(self) -> bytes:
        return b"SN-1"

    def measure(self, channel: int = 1, *, scale: float = 1.0) -> float:
        return self.channels[channel].voltage * scale

    def configure(self, settings: dict[str, Any]) -> None:
        self.label = settings["label"]

    def nothing(self) -> None:
        return None

    def hang(self) -> float:
        time.sleep(30)
        return 1.0

    def disconnect(self) -> None:
        self.closed = True
        if self.connection:
            self.connection.close()


class Status:
    """What ophyd gives for a movement that takes its time."""

    def __init__(self, done: Any) -> None:
        self._done = done

    def wait(self, timeout: float | None = None) -> None:
        self._done()


class Signal:
    """As ophyd's: get and put at once, set with a status, read as a mapping."""

    def __init__(self, name: str, value: float = 0.0) -> None:
        self.name, self._value = name, value

    def get(self) -> float:
        return self._value

    def put(self, value: float) -> None:
        self._value = value

    def set(self, value: float) -> Status:
        return Status(lambda: self.put(value))

    def read(self) -> dict[str, dict[str, float]]:
        return {self.name: {"value": self._value, "timestamp": time.time()}}

    def describe(self) -> dict[str, dict[str, str]]:
        return {self.name: {"dtype": "number"}}


class Positioner:
    """Only read and set, as ophyd's simulated axis."""

    def __init__(self) -> None:
        self._value = 0.0

    def read(self) -> dict[str, dict[str, float]]:
        return {"axis": {"value": self._value}}

    def set(self, value: float) -> Status:
        return Status(lambda: setattr(self, "_value", value))

    def describe(self) -> dict[str, Any]:
        return {}


class Stage:
    """An ophyd-style device: its attributes are signals. It has a name and no address."""

    def __init__(self, *, name: str) -> None:
        self.name = name
        self.setpoint, self.axis = Signal(f"{name}_setpoint"), Positioner()

    def wait_for_connection(self, timeout: float = 1.0) -> None:
        self.connected = True


def not_a_class() -> None: ...
