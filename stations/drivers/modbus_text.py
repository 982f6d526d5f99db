"""The texts of Modbus devices: `holding 40 float32`, `input 3 uint16 x0.1`, `coil 7 ON`."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from stations.drivers.command import FALSE, TRUE

REGISTERS, BITS = ("holding", "input"), ("coil", "discrete")
WRITABLE = ("holding", "coil")
FORMATS = {
    "uint16": ">H",
    "int16": ">h",
    "uint32": ">I",
    "int32": ">i",
    "uint64": ">Q",
    "int64": ">q",
    "float32": ">f",
    "float64": ">d",
}
DIGITS = {"float32": 7, "float64": 15}  # more would show how the number is stored, not what was measured
LAST_ADDRESS = 0xFFFF
SCALE = re.compile(r"x(\d+(\.\d+)?([eE][-+]?\d+)?)")


@dataclass(frozen=True)
class Place:
    """One quantity of a device: where it stands, and how registers make a number. Addresses count from 0."""

    table: str
    address: int
    type: str = "uint16"
    scale: float = 1.0

    @property
    def is_bit(self) -> bool:
        return self.table in BITS

    @property
    def registers(self) -> int:
        """How many it takes."""
        return struct.calcsize(FORMATS[self.type]) // 2

    def shown(self, registers: Sequence[int], *, little: bool) -> str:
        """The number in `registers`; with `little`, the lowest word comes first."""
        words = reversed(registers) if little else registers
        (raw,) = struct.unpack(FORMATS[self.type], b"".join(word.to_bytes(2, "big") for word in words))
        if self.scale == 1.0 and isinstance(raw, int):
            return str(raw)
        return f"{raw * self.scale:.{DIGITS.get(self.type, 12)}g}"

    def stored(self, text: str, *, little: bool) -> list[int]:
        """The registers for a number, in steps of the scale. Raises ValueError for one that does not fit."""
        try:
            word = text.upper()
            number = (float(word in TRUE) if word in ("ON", "OFF", "TRUE", "FALSE") else float(text)) / self.scale
            packed = struct.pack(FORMATS[self.type], number if self.type in DIGITS else round(number))
        except (ValueError, struct.error, OverflowError):
            raise ValueError(f"takes a number that fits into {self.type}, not {text!r}") from None
        words = [int.from_bytes(packed[at : at + 2], "big") for at in range(0, len(packed), 2)]
        return words[::-1] if little else words


def parse_place(text: str) -> tuple[Place, str]:
    """A place, and the value that follows it; empty where none does. Raises ValueError."""
    words = text.split()
    if len(words) < 2 or words[0] not in (*REGISTERS, *BITS):
        raise ValueError(
            f"{text!r} names no place; write it like 'holding 40 float32', 'input 3 uint16 x0.1' or 'coil 7'"
        )
    table, address, *rest = words
    if not (address.isascii() and address.isdigit() and int(address) <= LAST_ADDRESS):
        raise ValueError(f"{address!r} in {text!r} is no address; it is a number from 0 to {LAST_ADDRESS}")
    fields: dict[str, str | float] = {}
    if table in REGISTERS:
        if rest and rest[0] in FORMATS:
            fields["type"] = rest.pop(0)
        if rest and (match := SCALE.fullmatch(rest[0])) and float(match[1]) > 0:
            fields["scale"] = float(match[1])
            rest.pop(0)
    if len(rest) > 1:
        raise ValueError(f"{rest[0]!r} in {text!r} is no type; choose one of {', '.join(FORMATS)}, then perhaps x0.1")
    return Place(table, int(address), **fields), "".join(rest)  # type: ignore[arg-type]


def parse_bit(text: str) -> bool:
    """Raises ValueError for what is neither on nor off."""
    word = text.upper()
    if word not in TRUE | FALSE:
        raise ValueError(f"takes ON or OFF, not {text!r}")
    return word in TRUE


def check_text(text: str, writes: bool) -> None:
    """Raises ValueError for a text that is no question, or with `writes` no command."""
    place, value = parse_place(text)
    if not writes and value:
        raise ValueError(f"{text!r} has the value {value!r}; a question names a place alone")
    if writes and (place.table not in WRITABLE or not value):
        raise ValueError(f"{text!r} writes nothing; a command is a place in {' or '.join(WRITABLE)} and a value")
    if writes and place.is_bit:
        parse_bit(value)
    elif writes:
        place.stored(value, little=False)
