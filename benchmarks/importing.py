"""How far the database is behind the spool at the end of a batch, and what following it costs."""

from __future__ import annotations

from rich.table import Table

from benchmarks.figures import Figure, Goal, figure_table
from benchmarks.loops import RUNS, run_loops
from tests.installations import Installation

GOAL = Goal(100.0)


def measure(station: Installation) -> Table:
    figures = []
    for steps in RUNS:
        loops = run_loops(station, steps)
        lag = [loop.lag_ms for loop in loops]
        figures += [
            Figure(f"{steps:,} steps: last line → its row committed", lag, "ms", GOAL),
            Figure(f"{steps:,} steps: supervisor's CPU, per step", [loop.cpu_us for loop in loops], "µs"),
        ]
    return figure_table("Import of the spool while steps run as fast as they can", figures)
