"""How soon a submitted batch begins on an idle slot or lane: its first step in the spool, and in the database."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from benchmarks.batches import Witnessed, run_to_the_end
from benchmarks.figures import Figure, Goal, figure_table
from tests.installations import Installation

RUNS = 30
LOOK_EVERY_S = 0.0005
GOAL = Goal(15.0)
# Without instruments, and with a supply that is opened, switched on and off, and made safe.
PLACES: dict[str, dict[str, Any]] = {
    "an idle lane": {"sequence": "step_loop", "cycles": 1},
    "an idle slot": {"sequence": "output_on", "slot": "demo/slot-1"},
}


def measure(station: Installation) -> Table:
    figures = []
    for place, order in PLACES.items():
        runs = [run_to_the_end(station, look_every_s=LOOK_EVERY_S, **order) for _ in range(RUNS + 1)]
        figures += list(_figures(place, runs[1:]))  # the first one after the start warms up
    return figure_table("From submit to the first step", figures)


def _figures(place: str, runs: list[Witnessed]) -> list[Figure]:
    called = [run.submitted.called_at for run in runs]
    committed = [run.submitted.committed_at for run in runs]
    begun = [run.written_at(run.line("step.started")) for run in runs]
    stored = [run.stored_at(run.line("step.started")) for run in runs]
    return [
        Figure(f"{place}: the submit itself, until its commit", _ms(called, committed), "ms"),
        Figure(f"{place}: commit → first step", _ms(committed, begun), "ms", GOAL),
        Figure(f"{place}: commit → its row committed", _ms(committed, stored), "ms"),
    ]


def _ms(since: list[float], until: list[float]) -> list[float]:
    return [(end - begin) * 1000 for begin, end in zip(since, until, strict=True)]
