"""Limits of a measurement, and the judgement of a value against them."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, TypeGuard

from sequences.outcomes import Outcome
from sequences.patterns import TOO_LONG, is_too_long, matches, pattern_problem
from sequences.units import check_unit
from sequences.wording import figure, shown

Value = float | str | bool


@dataclass(frozen=True)
class Limits:
    """What a value must satisfy: all of what is given, and at least one thing.

    The comfortable band lies within the limits: a value between the two is good, but marginal. Bounds are inclusive
    and in the measurement's unit; `within_percent` is of the nominal value. A pattern is for the whole of a text.
    """

    minimum: float | None = None
    maximum: float | None = None
    equals: Value | None = None
    one_of: tuple[Value, ...] | None = None
    nominal: float | None = None
    within_percent: float | None = None
    pattern: str | None = None
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
BOUNDING = ("minimum", "maximum", "nominal", "marginal_minimum", "marginal_maximum")  # limits that numbers alone hold


def limit_problems(given: Mapping[str, Any], *, complete: bool = True) -> list[str]:
    """Everything that is wrong with declared limits, one sentence each. Not `complete`: there are more."""
    known = (*LIMIT_NAMES, "unit")
    problems = [f"unknown limit '{name}' (known: {', '.join(known)})" for name in given if name not in known]
    if not problems and complete and not any(name in given for name in LIMIT_NAMES):
        problems.append("no limit is given")
    wrong = [
        f"{name} must be a finite number, it is {shown(given[name])}"
        for name in (*BOUNDING, "within_percent")
        if name in given and not is_number(given[name])
    ]
    problems += wrong or [*_band_problems(given, complete), *_order_problems(given)]
    problems += [*_value_problems(given), *_pattern_problems(given)]
    return problems + check_unit(given.get("unit", ""))


def _band_problems(given: Mapping[str, Any], complete: bool) -> Iterator[str]:
    if complete and ("nominal" in given) != ("within_percent" in given):
        has, needs = ("nominal", "within_percent") if "nominal" in given else ("within_percent", "nominal")
        yield f"{has} needs {needs} beside it"
    if given.get("nominal") == 0:
        yield "nominal must not be 0, of which a percentage is 0, too: use minimum and maximum"
    if given.get("within_percent", 1) <= 0:
        yield f"within_percent must be above 0, it is {figure(given['within_percent'])}"
    elif not all(map(math.isfinite, _band_of(given) or ())):
        yield f"within_percent {figure(given['within_percent'])} of {figure(given['nominal'])} is no finite number"


def _band_of(given: Mapping[str, Any]) -> tuple[float, float] | None:
    if "nominal" in given and given.get("within_percent", 0) > 0:
        return percent_band(given["nominal"], given["within_percent"])
    return None


def _order_problems(given: Mapping[str, Any]) -> Iterator[str]:
    """Bounds that nothing can lie between, the tightest of either side."""
    low = [(f"minimum {figure(given['minimum'])}", given["minimum"])] if "minimum" in given else []
    high = [(f"maximum {figure(given['maximum'])}", given["maximum"])] if "maximum" in given else []
    band = _band_of(given)
    if band is not None:
        what = f"(within {figure(given['within_percent'])} % of {figure(given['nominal'])})"
        low.append((f"{figure(band[0])} {what}", band[0]))
        high.append((f"{figure(band[1])} {what}", band[1]))
    soft = [
        (f"{name} {figure(given[name])}", given[name])
        for name in ("marginal_minimum", "marginal_maximum")
        if name in given
    ]
    low = [max(low, key=lambda bound: bound[1])] if low else []
    high = [min(high, key=lambda bound: bound[1])] if high else []
    for (below, at_least), (above, at_most) in pairwise([*low, *soft, *high]):
        if at_least > at_most:
            yield f"{below} is above {above}"


def _value_problems(given: Mapping[str, Any]) -> Iterator[str]:
    if "equals" in given and not _is_value(given["equals"]):
        yield f"equals must be a number, a text or a boolean, it is {shown(given['equals'])}"
    one_of = given.get("one_of", [""])
    if not isinstance(one_of, list | tuple) or not one_of or not all(map(_is_value, one_of)):
        yield f"one_of must be a list of numbers, texts or booleans, it is {shown(one_of)}"


def _is_value(value: object) -> bool:
    """Whether a value can be equal to it, and JSON can hold it."""
    return isinstance(value, str | bool) or is_number(value)


def _pattern_problems(given: Mapping[str, Any]) -> Iterator[str]:
    if "pattern" not in given:
        return
    if not isinstance(given["pattern"], str):
        yield f"pattern must be a text, it is {shown(given['pattern'])}"
    elif problem := pattern_problem(given["pattern"]):
        yield f"pattern {problem}"
    numbers = [name for name in BOUNDING if name in given]
    if numbers:
        yield f"pattern is for texts and {numbers[0]} for numbers: no value holds both"


def percent_band(nominal: float, percent: float) -> tuple[float, float]:
    """The bounds that a percentage of a nominal value means, as a person writes them: 3.3 and 5 end at 3.465."""
    room = abs(float(nominal)) * percent / 100
    return float(f"{nominal - room:.15g}"), float(f"{nominal + room:.15g}")


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
    if any(getattr(limits, name) is not None for name in BOUNDING):
        if not is_number(value):
            return "is not a number"
        outside = _outside(value, limits)
        if outside is not None:
            return outside
    if limits.equals is not None and not _same(value, limits.equals):
        return f"is not the expected {_show(limits.equals, limits.unit)}"
    if limits.one_of is not None and not any(_same(value, allowed) for allowed in limits.one_of):
        return f"is none of {', '.join(_show(allowed, limits.unit) for allowed in limits.one_of)}"
    return None if limits.pattern is None else _unlike(value, limits.pattern)


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number that a float can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _outside(value: float, limits: Limits) -> str | None:
    unit = limits.unit
    if limits.minimum is not None and value < limits.minimum:
        return f"is below the minimum {_show(limits.minimum, unit)}"
    if limits.maximum is not None and value > limits.maximum:
        return f"is above the maximum {_show(limits.maximum, unit)}"
    if limits.nominal is None or limits.within_percent is None:
        return None
    low, high = percent_band(limits.nominal, limits.within_percent)
    nominal, percent = _show(limits.nominal, unit), f"{figure(limits.within_percent)} %"
    if value < low:
        return f"is below {_show(low, unit)} ({nominal} less {percent})"
    return f"is above {_show(high, unit)} ({nominal} plus {percent})" if value > high else None


def _unlike(value: Value, pattern: str) -> str | None:
    if not isinstance(value, str):
        return "is not a text"
    if is_too_long(value):
        return TOO_LONG
    return None if matches(pattern, value) else f"does not match the pattern '{pattern}'"


def _same(value: Value, expected: Value) -> bool:
    """Equal and of one kind: True is not 1."""
    return isinstance(value, bool) == isinstance(expected, bool) and value == expected


def _show(value: Value, unit: str) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return word_of(value) if isinstance(value, bool) else f"{figure(value)} {unit}".rstrip()


def word_of(value: object) -> str:
    """A yes or a no as pages and terminals write it, anything else as it is."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
