"""Batches of trivial steps in three sizes, run once and looked at by several benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from benchmarks.batches import Witnessed, run_to_the_end
from benchmarks.processes import cluster_of_lanes, cpu_s
from tests.installations import Installation

RUNS = {100: 15, 1_000: 9, 10_000: 5}  # steps -> how often
LOOK_EVERY_S = 0.002


@dataclass(frozen=True)
class Loop:
    """One batch of `step_loop`, and what its supervision cost."""

    steps: int
    witnessed: Witnessed
    supervisor_cpu_s: float

    @property
    def step_ms(self) -> float:
        """Per step, from the first that began to the last that ended."""
        run = self.witnessed
        took_s = run.written_at(run.line("step.ended", last=True)) - run.written_at(run.line("step.started"))
        return took_s * 1000 / self.steps

    @property
    def lag_ms(self) -> float:
        """From the last line of the spool until its row was committed."""
        last = len(self.witnessed.lines) - 1
        return (self.witnessed.stored_at(last) - self.witnessed.written_at(last)) * 1000

    @property
    def whole_s(self) -> float:
        return self.witnessed.arrivals[-1][0] - self.witnessed.submitted.called_at

    @property
    def cpu_us(self) -> float:
        """Of the supervisor, per step."""
        return self.supervisor_cpu_s * 1e6 / self.steps


@cache
def run_loops(station: Installation, steps: int) -> list[Loop]:
    """The first run of a size warms up and does not count."""
    return [_run_loop(station, steps) for _ in range(RUNS[steps] + 1)][1:]


def _run_loop(station: Installation, steps: int) -> Loop:
    cluster = cluster_of_lanes(station)
    before = sum(map(cpu_s, cluster))
    witnessed = run_to_the_end(station, "step_loop", look_every_s=LOOK_EVERY_S, cycles=steps)
    return Loop(steps, witnessed, sum(map(cpu_s, cluster)) - before)
