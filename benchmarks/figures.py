"""A figure: several measured values, their median, and what it is compared with."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table

COLUMNS = ("what was measured", "median", "least … most", "runs", "compared with", "ratio", "verdict")
WORDS = ("what was measured", "verdict")


@dataclass(frozen=True)
class Goal:
    """What we have set ourselves, in the unit of the figure."""

    value: float
    name: str = "goal"

    def verdict(self, ratio: float) -> str:
        return "[green]reached[/]" if ratio <= 1 else "[red]missed[/]"


@dataclass(frozen=True)
class Peer:
    """What somebody else's program took for the same work in the same run, in the unit of the figure."""

    value: float
    name: str

    def verdict(self, ratio: float) -> str:
        return f"[green]{1 / ratio:.1f} times faster[/]" if ratio <= 1 else f"[red]{ratio:.1f} times slower[/]"


@dataclass(frozen=True)
class Figure:
    what: str
    values: Sequence[float]
    unit: str
    against: Goal | Peer | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def cells(self) -> Iterable[str]:
        yield self.what
        yield shown(self.median, self.unit)
        yield f"{shown(min(self.values))} … {shown(max(self.values))}" if len(self.values) > 1 else ""
        yield str(len(self.values))
        if self.against is not None:
            ratio = self.median / self.against.value
            yield f"{self.against.name} {shown(self.against.value, self.unit)}"
            yield f"{ratio:.2f}"
            yield self.against.verdict(ratio)


def figure_table(title: str, figures: Iterable[Figure]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in WORDS else "right", no_wrap=True)
    for figure in figures:
        table.add_row(*figure.cells())
    return table


def shown(value: float, unit: str = "") -> str:
    """Three digits that matter, and the unit."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()
