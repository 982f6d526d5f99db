"""Any device that speaks Modbus TCP: chambers, counters, valves, programmable controllers."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable
from typing import Any

from stations.contracts import InstrumentSettings
from stations.drivers.address import network_address
from stations.drivers.driver import Driver
from stations.drivers.modbus_text import WRITABLE, Place, parse_bit, parse_place

RESOURCE = re.compile(r"modbus://[^/]+(/(?P<unit>\d{1,3}))?")
DEVICE = "device"
REFUSALS = {
    1: "illegal function: it does not have this kind of register",
    2: "illegal data address: there is nothing at this address",
    3: "illegal data value: it does not take this value",
    4: "device failure: it could not do it",
    5: "acknowledge: it takes longer than an answer may",
    6: "device busy: ask again later",
    10: "gateway path unavailable",
    11: "gateway target failed to respond: no device with this unit",
}


def import_pymodbus() -> Any:
    import pymodbus.client  # noqa: PLC0415  (40 ms that a process without Modbus devices need not spend)

    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # what it would say, our errors say
    return pymodbus


class ModbusTcp(Driver):
    """A device at `modbus://host[:port][/unit]`. Its texts are places: `holding 40 float32`, `input 3 uint16 x0.1`,
    `coil 7`, `discrete 2`; followed by a value they write: `holding 40 float32 {value}`, `coil 7 {value}`.

    Options: `timeout_s` (2), `word_order` (`big`, or `little` where the lowest register comes first), `identify` (a
    place, or `device` for the device identification) and `identity` (text that its answer contains).
    """

    @classmethod
    def prepare(cls) -> None:
        import_pymodbus()

    def __init__(self, settings: InstrumentSettings) -> None:
        super().__init__(settings)
        options, match = settings["options"], RESOURCE.fullmatch(self.resource)
        address = network_address(self.resource)
        if match is None or address is None:
            raise ValueError(f"its resource is no address like modbus://192.0.2.10:502/1, it is {self.resource!r}")
        self.host, self.port = address
        self.unit = int(match["unit"] or 1)
        order = options.get("word_order", "big")
        if order not in ("big", "little"):
            raise ValueError(f"`word_order` must be big or little, it is {order!r}")
        self.little = order == "little"
        self.identify_text = str(options.get("identify", ""))
        if self.expected_identity and not self.identify_text:
            raise ValueError("`identity` needs `identify`, the place where it stands, or `device`")
        for text in [*self.texts(), *([self.identify_text] if self.identify_text not in ("", DEVICE) else [])]:
            parse_place(text)
        self._client: Any = None
        self._wanted = False  # between open and close
        self._clean = False  # nothing is under way

    def open(self) -> None:
        self.connect()
        self.identify()

    def connect(self) -> None:
        self._wanted = True
        self._drop()
        client = import_pymodbus().client.ModbusTcpClient(self.host, port=self.port, timeout=self.timeout_s, retries=0)
        if not client.connect():
            raise self.error(
                "cannot be reached (nothing listens there)",
                "check that it is switched on and its `resource` in station.yaml",
            )
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client, self._clean = client, True

    def close(self) -> None:
        self._wanted = False
        self._drop()

    def send(self, text: str) -> None:
        place, value = self._place(text)
        if place.table not in WRITABLE or not value:
            raise self.error(f"was not told {text!r}", f"a command writes a value to {' or '.join(WRITABLE)}")
        try:
            if place.is_bit:
                bit = parse_bit(value)
                self._exchange(text, lambda client: client.write_coil(place.address, bit, device_id=self.unit))
                return
            words = place.stored(value, little=self.little)
        except ValueError as problem:
            raise self.error(f"was not told {text!r}", f"it {problem}") from None
        if len(words) == 1:  # many a device knows only this function for a single one
            self._exchange(text, lambda client: client.write_register(place.address, words[0], device_id=self.unit))
        else:
            self._exchange(text, lambda client: client.write_registers(place.address, words, device_id=self.unit))

    def query(self, text: str) -> str:
        place, value = self._place(text)
        if value:
            raise self.error(f"was not asked {text!r}", "a question names a place and no value")
        functions = {
            "holding": "read_holding_registers",
            "input": "read_input_registers",
            "coil": "read_coils",
            "discrete": "read_discrete_inputs",
        }
        count = 1 if place.is_bit else place.registers
        function = functions[place.table]
        answer = self._exchange(
            text, lambda client: getattr(client, function)(place.address, count=count, device_id=self.unit)
        )
        if place.is_bit:
            return "ON" if answer.bits[0] else "OFF"
        if len(answer.registers) != count:
            raise self.error(f"answered {text!r} with {len(answer.registers)} registers instead of {count}")
        return place.shown(answer.registers, little=self.little)

    def identify(self) -> str:
        """What the device says it is; empty when `options.identify` does not say how to ask."""
        if self.identify_text != DEVICE:
            return self.expect(self.query(self.identify_text)) if self.identify_text else ""
        answer = self._exchange(DEVICE, lambda client: client.read_device_information(device_id=self.unit))
        texts = [part.decode(errors="replace") for _, part in sorted(answer.information.items())]
        return self.expect(",".join(texts))

    def _place(self, text: str) -> tuple[Place, str]:
        try:
            return parse_place(text)
        except ValueError as problem:
            raise self.error("was not asked", str(problem)) from None

    def _exchange(self, text: str, ask: Callable[[Any], Any]) -> Any:
        """One request and its answer. After one that failed or was interrupted, the next has a new connection."""
        if not self._wanted:
            raise self.error("is not open", "open it before it is used")
        if self._client is None or not self._clean:
            self.connect()
        self._clean = False
        library = import_pymodbus()
        self._client.comm_params.timeout_connect = self.timeout_s
        try:
            answer = ask(self._client)
        except (library.exceptions.ModbusException, OSError) as problem:
            raise self._broken(text, problem, library) from problem
        self._clean = True
        if answer.isError():
            code = int(getattr(answer, "exception_code", 0))
            raise self.error(f"refused {text!r} ({REFUSALS.get(code, f'exception {code}')})", "see its register map")
        return answer

    def _broken(self, text: str, problem: Exception, library: Any) -> Exception:
        self._drop()
        if isinstance(problem, library.exceptions.ModbusIOException):
            remedy = f"check its unit and address, or raise `{self.timed_by}`"
            return self.error(f"did not answer {text!r} within {self.timeout_s:.3g} s", remedy)
        return self.error(f"was lost during {text!r} ({problem})", "check its power and its cable")

    def _drop(self) -> None:
        self._clean = False
        client, self._client = self._client, None
        if client is not None:
            client.close()
