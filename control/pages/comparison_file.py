"""A comparison as a file: CSV for a table of one's own, JSON with everything."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from control.history.compared_steps import View, compare_steps
from control.history.comparison import compare_batches
from control.history.facts import Facts
from control.models import Batch

REPETITIONS = 5_000  # of steps in one file; a longer run goes on in the next one
AT_ONCE = 100  # of them, read from the database
COLUMNS = (
    "part",
    "step",
    "repetition",
    "name",
    "a",
    "b",
    "unit_a",
    "unit_b",
    "difference",
    "relative",
    "limits_a",
    "limits_b",
    "outcome_a",
    "outcome_b",
    "differs",
)
# What a spreadsheet would take for a formula, were it the beginning of a text.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
Written = tuple[str, str]


def as_json(a: Batch, b: Batch, view: View, address: str) -> Written:
    """As the API tells it, with all steps. `next`: the address of the file in which a long one goes on."""
    steps, beyond = _all_steps(a, b, view)
    facts = _of_runs(a, b, view)
    told = {"results": steps, "next": _next(address, view, beyond)}
    return json.dumps({**facts, "steps": told}, indent=1, ensure_ascii=False), "application/json"


def as_csv(a: Batch, b: Batch, view: View, address: str) -> Written:
    """A line for everything that has a value in either run. The last line says where a long one goes on."""
    steps, beyond = _all_steps(a, b, view)
    file = io.StringIO()
    file.write("\ufeff")  # without it, spreadsheets read Korean as something else
    table = csv.DictWriter(file, COLUMNS, restval="")
    table.writeheader()
    for line in [*_lines_of_runs(_of_runs(a, b, view)), *_lines_of_steps(steps)]:
        table.writerow({name: _cell(value) for name, value in line.items()})
    if beyond is not None:
        table.writerow({"part": "continued", "name": _next(address, view, beyond)})
    return file.getvalue(), "text/csv; charset=utf-8"


FILES: dict[str, Callable[[Batch, Batch, View, str], Written]] = {"csv": as_csv, "json": as_json}


def _of_runs(a: Batch, b: Batch, view: View) -> Facts:
    facts = compare_batches(a, b, timezone.now())
    if view.only_differences:
        for part in ("parameters", "limits", "used", "drivers"):
            facts[part] = [row for row in facts[part] if row["differs"]]
    return facts


def _all_steps(a: Batch, b: Batch, view: View) -> tuple[list[Facts], int | None]:
    """The compared steps of a file, and where the next file begins."""
    found: list[Facts] = []
    first: int | None = view.first
    while first is not None and first - view.first < REPETITIONS:
        page = compare_steps(a, b, replace(view, first=first, limit=AT_ONCE, every_repetition=True))
        for step in page["results"]:
            _append(found, step)
        first = page["next"]
    return found, first


def _append(found: list[Facts], step: Facts) -> None:
    """A repetition with very many measurements comes in several parts."""
    if found and (found[-1]["name"], found[-1]["repetition"]) == (step["name"], step["repetition"]):
        found[-1]["measurements"] += step["measurements"]
    else:
        found.append(step)


def _next(address: str, view: View, beyond: int | None) -> str | None:
    if beyond is None:
        return None
    asked = {"only": "differences" if view.only_differences else "", "step": view.step, "first": beyond}
    return f"{address}?{urlencode({name: value for name, value in asked.items() if value})}"


def _lines_of_runs(facts: Facts) -> Iterator[Facts]:
    for name in ("id", "name", "state", "outcome", "started_at", "ended_at", "elapsed_s"):
        a, b = facts["a"][name], facts["b"][name]
        yield {"part": "batch", "name": name, "a": a, "b": b, "differs": a != b}
    for row in facts["parameters"]:
        sides = {side: row[side] and row[side]["now"] for side in ("a", "b")}
        units = {f"unit_{side}": row["unit"] for side in ("a", "b") if row[side]}
        yield {"part": "parameter", "name": row["name"], "differs": row["differs"], **sides, **units}
    for part, rows in (
        ("limit", facts["limits"]),
        ("used", facts["used"]),
        ("driver", facts["drivers"]),
        ("station configuration", facts["station_configuration"]["changes"]),
    ):
        for row in rows:
            yield {"part": part, **{name: row[name] for name in ("name", "a", "b", "differs")}}


def _lines_of_steps(steps: list[Facts]) -> Iterator[Facts]:
    for step in steps:
        place = {"step": step["name"], "repetition": step["repetition"]}
        yield {
            "part": "step",
            **place,
            **{side: step[side] and step[side]["duration_ms"] for side in ("a", "b")},
            **{f"unit_{side}": "ms" for side in ("a", "b") if step[side]},
            **{f"outcome_{side}": step[side]["outcome"] for side in ("a", "b") if step[side]},
            "differs": step["differs"],
        }
        for row in step["measurements"]:
            yield {"part": "measurement", **place, **_measurement(row)}


def _measurement(row: Facts) -> Facts:
    line = {name: row[name] for name in ("name", "difference", "relative", "differs")}
    for side in ("a", "b"):
        if row[side]:
            line[side] = row[side]["value"]
            line |= {f"{name}_{side}": row[side][name] for name in ("unit", "limits", "outcome")}
    return line


def _cell(value: Any) -> Any:
    """Numbers as they are; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
