"""Two values side by side: whether they differ, and by how much."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from control.history.facts import Facts
from control.models import Measurement

MISSING = object()


def pair(name: str, a: Any, b: Any, **more: Any) -> Facts:
    """A row of a comparison. A side that has no such thing is None."""
    return {"name": name, "a": a, "b": b, "differs": not same(a, b), **more}


def pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Facts]:
    """A row for each name that either side has; those of `a` first, in their order."""
    return [pair(name, a.get(name), b.get(name)) for name in {**a, **b}]


def same(a: Any, b: Any) -> bool:
    """Equal as JSON tells them apart: to Python, 1 and true are the same."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def measured_pair(name: str, a: Measurement | None, b: Measurement | None) -> Facts:
    """A measurement of both runs.

    `difference` is a - b in their unit, `relative` the part of b that it is: both None where there is none, because a
    side is missing, no number or in another unit. Of curves the points are left out; `largest` is the largest absolute
    difference in each column, where both have the same columns and as many rows.
    """
    difference, relative = _differences(a, b)
    return {
        "name": name,
        "a": a and _side(a),
        "b": b and _side(b),
        "difference": difference,
        "relative": relative,
        "largest": _largest(a, b),
        "differs": a is None or b is None or not same(_judged(a), _judged(b)),
    }


def flattened(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each plain value of a configuration with its path; of a list of things with ids, by their ids."""
    if isinstance(value, Mapping) and value:
        for name, below in value.items():
            yield from flattened(below, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for number, below in enumerate(value):
            known = below.get("id", number) if isinstance(below, Mapping) else number
            yield from flattened(below, f"{path}[{known}]")
    else:
        yield path, value


def changed_paths(a: Any, b: Any) -> list[Facts]:
    """The paths of a configuration whose values are not the same in both; one that a side has not is None there."""
    left, right = dict(flattened(a)), dict(flattened(b))
    found = [(path, left.get(path, MISSING), right.get(path, MISSING)) for path in {**left, **right}]
    return [
        {"name": path, "a": _or_none(was), "b": _or_none(is_now), "differs": True}
        for path, was, is_now in found
        if was is MISSING or is_now is MISSING or not same(was, is_now)
    ]


def _or_none(value: Any) -> Any:
    return None if value is MISSING else value


def _side(row: Measurement) -> Facts:
    value = row.value
    if row.type == Measurement.Type.CURVE and isinstance(value, dict):
        value = {"columns": value.get("columns", []), "points": len(value.get("rows", []))}
    return {
        "type": row.type,
        "value": value,
        "unit": row.unit,
        "limits": row.limits,
        "outcome": row.outcome,
        "marginal": row.marginal,
    }


def _judged(row: Measurement) -> list[Any]:
    return [row.type, row.value, row.unit, row.limits or {}, row.outcome, row.marginal]


def _differences(a: Measurement | None, b: Measurement | None) -> tuple[float | None, float | None]:
    if a is None or b is None or a.unit != b.unit or not (_is_number(a.value) and _is_number(b.value)):
        return None, None
    try:
        difference = a.value - b.value
        relative = difference / abs(b.value) if b.value else None
    except OverflowError:
        return None, None
    return _finite(difference), _finite(relative)


def _largest(a: Measurement | None, b: Measurement | None) -> list[Facts] | None:
    if a is None or b is None or not (_is_curve(a.value) and _is_curve(b.value)):
        return None
    columns, left, right = a.value["columns"], a.value["rows"], b.value["rows"]
    if columns != b.value["columns"] or len(left) != len(right) or not left:
        return None
    return [
        {"name": column.get("name", ""), "unit": column.get("unit", ""), "difference": _apart(left, right, place)}
        for place, column in enumerate(columns)
    ]


def _apart(left: list[Any], right: list[Any], place: int) -> float | None:
    """The largest absolute difference in a column; None where a cell is no number."""
    cells = [(one[place], other[place]) for one, other in zip(left, right, strict=True)]
    if not all(_is_number(one) and _is_number(other) for one, other in cells):
        return None
    return _finite(max(abs(one - other) for one, other in cells))


def _is_curve(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("rows"), list) and isinstance(value.get("columns"), list)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(number: float | None) -> float | None:
    """JSON knows no infinity: two numbers may be further apart than one can tell."""
    try:
        return number if number is not None and math.isfinite(number) else None
    except OverflowError:
        return None
