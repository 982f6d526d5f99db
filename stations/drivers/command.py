"""The commands an instrument declares in the station file: checked before anything is sent, parsed when it answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Value = float | str | bool

TYPES = ("number", "text", "boolean")
# Puts a value into a `write`: the template, the value itself, and the value as SCPI spells it.
Fill = Callable[[str, Value, str], str]

TRUE, FALSE = frozenset({"1", "ON", "TRUE"}), frozenset({"0", "OFF", "FALSE"})


def fill_plainly(template: str, value: Value, spelled: str) -> str:
    return template.replace("{value}", spelled)


@dataclass(frozen=True)
class Command:
    """One named quantity of an instrument: how to write it, how to ask for it, and what it may be.

    `write` holds `{value}` where the value goes. `minimum` and `maximum` are in `unit`.
    """

    name: str
    write: str | None = None
    query: str | None = None
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    type: str = "number"
    description: str = ""

    @classmethod
    def declared(cls, name: str, fields: dict[str, Any]) -> Command:
        return cls(name=name, **fields)

    def format(self, value: Value, fill: Fill = fill_plainly) -> str:
        """The text to send for `value`. Raises ValueError ("takes 0 to 30 V, not 31") when it must not be sent."""
        if self.write is None:
            raise ValueError("can only be read")
        return fill(self.write, value, self._checked(value))

    def _checked(self, value: Value) -> str:
        if self.type == "boolean":
            if not isinstance(value, bool):
                raise ValueError(f"takes True or False, not {value!r}")
            return "ON" if value else "OFF"
        if self.type == "text":
            if not isinstance(value, str) or not value.isprintable() or ";" in value:
                raise ValueError(f"takes one line of text without semicolons, not {value!r}")
            return value
        return self._checked_number(value)

    def _checked_number(self, value: Value) -> str:
        if isinstance(value, (bool, str)) or not math.isfinite(value):
            raise ValueError(f"takes a number, not {value!r}")
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if not low <= value <= high:
            raise ValueError(f"takes {low:g} to {high:g} {self.unit}".rstrip() + f", not {value:g}")
        return f"{value:.9g}"

    def parse(self, reply: str) -> Value:
        """The value in a reply. Raises ValueError when the reply is not of the declared type."""
        text = reply.strip()
        if self.type == "text":
            return text.strip('"')
        if self.type == "number":
            return float(text)
        word = text.upper()
        if word in TRUE or word in FALSE:
            return word in TRUE
        raise ValueError(f"{text!r} is neither on nor off")


def same_value(reply: str, expected: str) -> bool:
    """Whether a read-back is as expected: numbers by value, so that 0, 0.000 and +0.0E+00 agree; words without case."""
    try:
        return math.isclose(float(reply), float(expected), abs_tol=1e-9)
    except ValueError:
        return reply.strip().casefold() == expected.strip().casefold()
