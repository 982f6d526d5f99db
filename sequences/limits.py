"""Limits of a measurement, and the judgement of a value against them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from sequences.outcomes import Outcome
from sequences.units import check_unit

Value = float | str | bool


@dataclass(frozen=True)
class Limits:
    """What a value must satisfy: all of what is given, and at least one thing.

    The comfortable band lies within the limits: a value between the two is good, but marginal. Bounds are inclusive
    and in the measurement's unit.
    """

    minimum: float | None = None
    maximum: float | None = None
    equals: Value | None = None
    one_of: tuple[Value, ...] | None = None
    marginal_minimum: float | None = None
    marginal_maximum: float | None = None
    unit: str = ""

    @classmethod
    def declared(cls, given: Mapping[str, Any]) -> Limits:
        """Limits from a mapping. Raises ValueError with every problem, separated by semicolons."""
        problems = limit_problems(given)
        if problems:
            raise ValueError("; ".join(problems))
        chosen = dict(given)
        if "one_of" in chosen:
            chosen["one_of"] = tuple(chosen["one_of"])
        return cls(**chosen)

    def as_dict(self) -> dict[str, Any]:
        """What was given, ready for JSON. The unit is not part of it."""
        given = {name: getattr(self, name) for name in LIMIT_NAMES if getattr(self, name) is not None}
        if self.one_of is not None:
            given["one_of"] = list(self.one_of)
        return given


LIMIT_NAMES = tuple(field.name for field in fields(Limits) if field.name != "unit")
_BOUNDS = ("minimum", "marginal_minimum", "marginal_maximum", "maximum")  # in ascending order


def limit_problems(given: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with declared limits, one sentence each."""
    known = (*LIMIT_NAMES, "unit")
    problems = [f"unknown limit '{name}' (known: {', '.join(known)})" for name in given if name not in known]
    if not problems and not any(name in given for name in LIMIT_NAMES):
        problems.append("no limit is given")
    problems += [
        f"{name} must be a finite number, it is {given[name]!r}"
        for name in _BOUNDS
        if not _is_bound(given.get(name, 0))
    ]
    if not problems:
        bounds = [(name, given[name]) for name in _BOUNDS if name in given]
        problems += [
            f"{low} {at_least:g} is above {high} {at_most:g}"
            for (low, at_least), (high, at_most) in pairwise(bounds)
            if at_least > at_most
        ]
    if not isinstance(given.get("equals", ""), Value):
        problems.append(f"equals must be a number, a text or a boolean, it is {given['equals']!r}")
    one_of = given.get("one_of", [""])
    if not isinstance(one_of, list | tuple) or not one_of or not all(isinstance(value, Value) for value in one_of):
        problems.append(f"one_of must be a list of numbers, texts or booleans, it is {one_of!r}")
    return problems + check_unit(given.get("unit", ""))


def _is_bound(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def evaluate(value: Value, limits: Limits) -> tuple[Outcome, bool]:
    """Judge a value: PASS or FAIL, and whether it is marginal. What is not a finite number fails every bound."""
    if violation(value, limits) is not None:
        return Outcome.FAIL, False
    low, high = limits.marginal_minimum, limits.marginal_maximum
    marginal = (low is not None and value < low) or (high is not None and value > high)  # type: ignore[operator]
    return Outcome.PASS, marginal


def violation(value: Value, limits: Limits) -> str | None:
    """The first limit that a value does not hold, in words that follow the value; None if it holds them all."""
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number"
    bounded = limits.minimum is not None or limits.maximum is not None
    bounded = bounded or limits.marginal_minimum is not None or limits.marginal_maximum is not None
    if bounded and not _is_bound(value):
        return "is not a number"
    if limits.minimum is not None and value < limits.minimum:  # type: ignore[operator]
        return f"is below the minimum {_show(limits.minimum, limits.unit)}"
    if limits.maximum is not None and value > limits.maximum:  # type: ignore[operator]
        return f"is above the maximum {_show(limits.maximum, limits.unit)}"
    if limits.equals is not None and not _same(value, limits.equals):
        return f"is not {_show(limits.equals, limits.unit)}"
    if limits.one_of is not None and not any(_same(value, allowed) for allowed in limits.one_of):
        return f"is none of {', '.join(_show(allowed, limits.unit) for allowed in limits.one_of)}"
    return None


def _same(value: Value, expected: Value) -> bool:
    """Equal and of one kind: True is not 1."""
    return isinstance(value, bool) == isinstance(expected, bool) and value == expected


def _show(value: Value, unit: str) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return str(value) if isinstance(value, bool) else f"{value:g} {unit}".rstrip()
