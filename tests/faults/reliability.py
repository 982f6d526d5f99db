"""docs/reliability.md: written from what a run of the matrix has measured, and from nothing else."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.activities import ACTIVITIES
from tests.faults.endings import ENDINGS, Ending
from tests.faults.matrix import GRACE_S, NO_SENSE, Cell, all_cells
from tests.installations import HOUSE

PAGE = HOUSE / "docs" / "reliability.md"
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
NUMBERS = {1: "one core", 2: "two cores", 4: "four cores", 8: "eight cores"}
FIGURES = {"OFF": "off_s", "record": "row_s", "replaced": "back_s"}
Measured = list[dict[str, Any]]

HEAD = Path(__file__).with_name("reliability_head.md")


def write_page(measured: Measured) -> int:
    """Write the page; how many cells have failed or are missing."""
    PAGE.write_text("\n".join(_page(measured)) + "\n")
    databases = {one["database"] for one in measured}
    found = {(one["database"], one["ending"], one["activity"]) for one in measured if not one["problems"]}
    wanted = {(base, cell.ending.name, cell.activity.name) for base in databases for cell in all_cells()}
    failed = {(one["database"], one["ending"], one["activity"]) for one in measured if one["problems"]}
    return len(wanted - found | failed)


def _page(measured: Measured) -> Iterator[str]:
    repeats = max(len(_of(measured, cell, base)) for cell in all_cells() for base in DATABASES)
    cores = NUMBERS.get(os.cpu_count() or 1, f"{os.cpu_count()} cores")
    often = f"Each cell ran {repeats} times: the median, and the worst behind it."
    yield HEAD.read_text().format(
        summary=_summary(measured),
        grace=GRACE_S,
        repeats="Each cell ran once." if repeats == 1 else often,
        machine=f"{cores}, Linux, Python {platform.python_version()}",
        activities="\n".join(f"- **{activity.name}**: {activity.words}" for activity in ACTIVITIES),
    )
    for ending in ENDINGS:
        yield from _section(ending, measured)
    yield "## Pairs that make no sense\n"
    yield from (f"- `{ending}` while `{activity}`: {reason}." for (ending, activity), reason in NO_SENSE.items())


def _summary(measured: Measured) -> str:
    lines = []
    for base, name in DATABASES.items():
        cells = [found for cell in all_cells() if (found := _of(measured, cell, base))]
        failed = sum(any(one["problems"] for one in found) for found in cells)
        if cells:
            verdict = f"**{failed} failed**" if failed else "all as expected"
            lines.append(f"- {name}: {len(cells)} of {len(all_cells())} cells tried, {verdict}.")
    return "\n".join(lines)


def _section(ending: Ending, measured: Measured) -> Iterator[str]:
    cells = [cell for cell in all_cells() if cell.ending is ending]
    databases = [base for base in DATABASES if any(_of(measured, cell, base) for cell in cells)]
    figures = ["OFF", "record", *(["replaced"] if ending.who else [])]
    heads = [f"{figure}, {DATABASES[base]}" for figure in figures for base in databases]
    yield f"## {ending.words[0].upper()}{ending.words[1:]}\n"
    yield f"`{ending.name}`\n"
    columns = ["while it", "ends as", "switched off by", "promised OFF", *heads]
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * 4}{'--:|' * len(heads)}"
    for cell in cells:
        yield f"| {' | '.join([*_expected(cell), *_seen(cell, measured, figures, databases)])} |"
    yield ""


def _expected(cell: Cell) -> list[str]:
    expected = cell.expected
    promise = "" if expected.off_s is None else f"{expected.off_s * 1000:,.0f}"
    unsafe = ", slot UNSAFE until cleared" if expected.unsafe else ""
    return [cell.activity.name, f"{expected.state} / {expected.outcome}", expected.off_by + unsafe, promise]


def _seen(cell: Cell, measured: Measured, figures: list[str], databases: list[str]) -> Iterator[str]:
    for figure in figures:
        for base in databases:
            found = _of(measured, cell, base)
            problems = [problem for one in found for problem in one["problems"]]
            if problems and figure == "OFF":
                yield f"**FAILED**: {'; '.join(problems).replace('|', '/').splitlines()[0]}"
            elif figure == "OFF" and cell.runs_on:
                yield "with the run"
            else:
                yield _figure([one[FIGURES[figure]] for one in found if one[FIGURES[figure]] is not None])


def _figure(seconds: list[float]) -> str:
    if not seconds:
        return "not tried"
    median, worst = milliseconds(statistics.median(seconds)), milliseconds(max(seconds))
    return median if len(seconds) == 1 else f"{median} ({worst})"


def milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.0f}"


def _of(measured: Measured, cell: Cell, base: str) -> Measured:
    wanted = (base, cell.ending.name, cell.activity.name)
    return [one for one in measured if (one["database"], one["ending"], one["activity"]) == wanted]
