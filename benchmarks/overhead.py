"""What a step costs that does nothing but measure one value, next to other frameworks with their records on disk."""

from __future__ import annotations

import statistics

from rich.table import Table

from benchmarks.figures import Figure, Goal, Peer, figure_table
from benchmarks.loops import RUNS, Loop, run_loops
from benchmarks.peer import LOOPS, run_peer
from tests.installations import Installation

GOAL = Goal(0.1)
LINEAR = 1.2  # at most so much more for each of many steps than for each of the fewest
PEER_RUNS = {100: 5, 1_000: 5, 10_000: 3}


def measure(station: Installation) -> Table:
    loops = {steps: run_loops(station, steps) for steps in RUNS}
    few, many = min(RUNS), max(RUNS)
    figures = [figure for steps in RUNS for figure in _beside_peers(steps, loops[steps])]
    usual = statistics.median(loop.step_ms for loop in loops[few])
    limit = Goal(usual * LINEAR, f"{LINEAR:g} × of {few:,}")
    figures.append(Figure(f"{many:,} steps: linear, per step", [loop.step_ms for loop in loops[many]], "ms", limit))
    return figure_table("A trivial step with one measurement", figures)


def _beside_peers(steps: int, loops: list[Loop]) -> list[Figure]:
    """Per step beside the goal and each peer; a whole batch beside each peer's whole process."""
    per_step = [loop.step_ms for loop in loops]
    whole = [loop.whole_s for loop in loops]
    peers = {name: [run_peer(name, steps) for _ in range(PEER_RUNS[steps])] for name in LOOPS}
    step_ms = {name: statistics.median(run.executed_s for run in runs) * 1000 / steps for name, runs in peers.items()}
    whole_s = {name: statistics.median(run.process_s for run in runs) for name, runs in peers.items()}
    title, ended = f"{steps:,} steps: runner, per step", f"{steps:,} steps: submit → ended in the database"
    return [
        Figure(title, per_step, "ms", GOAL),
        *(Figure(title, per_step, "ms", Peer(value, name)) for name, value in step_ms.items()),
        *(Figure(ended, whole, "s", Peer(value, f"{name}'s process")) for name, value in whole_s.items()),
    ]
