"""What a step costs that does nothing but measure one value, next to OpenHTF with its JSON output."""

from __future__ import annotations

import statistics

from rich.table import Table

from benchmarks.figures import Figure, Goal, Peer, figure_table
from benchmarks.loops import RUNS, run_loops
from benchmarks.peer import run_openhtf
from tests.installations import Installation

GOAL = Goal(0.03)
PEER_RUNS = {100: 5, 1_000: 5, 10_000: 3}
OPENHTF = "OpenHTF"
PROCESS = "OpenHTF's process"


def measure(station: Installation) -> Table:
    figures = []
    for steps in RUNS:
        loops = run_loops(station, steps)
        peers = [run_openhtf(steps) for _ in range(PEER_RUNS[steps])]
        peer_step_ms = statistics.median(peer.executed_s for peer in peers) * 1000 / steps
        peer_whole_s = statistics.median(peer.process_s for peer in peers)
        per_step = [loop.step_ms for loop in loops]
        whole = [loop.whole_s for loop in loops]
        figures += [
            Figure(f"{steps:,} steps: runner, per step", per_step, "ms", GOAL),
            Figure(f"{steps:,} steps: runner, per step", per_step, "ms", Peer(peer_step_ms, OPENHTF)),
            Figure(f"{steps:,} steps: submit → ended in the database", whole, "s", Peer(peer_whole_s, PROCESS)),
        ]
    return figure_table("A trivial step with one measurement", figures)
