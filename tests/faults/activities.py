"""What a batch is doing when something happens to it. Its supply is on, its board's relay too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.faults.fault_station import FaultStation, Posted
from tests.installations import wait_until

READ_TAKES_S = 1.5  # less than the driver's patience of two seconds


@dataclass(frozen=True)
class Activity:
    """`way`: how the sequence `interruptible` blocks."""

    name: str
    words: str
    way: str = "sleep"
    in_teardown: bool = False
    paused: bool = False
    asks: bool = False  # a person, who answers where the run is to go on
    just_begun: bool = False  # the runner that would make safe is still starting

    def step(self, *, hurried: bool) -> str:
        """The step that runs meanwhile."""
        if self.in_teardown:
            return "hurry_down" if hurried else "wind_down"
        return "hurry" if hurried else "work"

    def parameters(self, seconds: float, *, hurried: bool) -> dict[str, Any]:
        """`hurried`: in a step that may last a second only."""
        repeats = {"work": "times", "hurry": "hurried", "wind_down": "winding", "hurry_down": "hurried_down"}
        chosen = {"times": 0, repeats[self.step(hurried=hurried)]: 1}
        return {"way": self.way, "seconds": seconds, **chosen}

    def begin(self, station: FaultStation, seconds: float, *, hurried: bool = False, look: bool = False) -> Posted:
        """Submit a batch and wait until it does this."""
        if self.way == "read":
            station.bench.fault("meter-1", "slow", str(READ_TAKES_S))
        batch = station.post(**self.parameters(seconds, hurried=hurried), look=look)
        batch.begun(self.step(hurried=hurried))
        wait_until(lambda: station.verdict(batch.id)[0] == "RUNNING", 10, "a batch that runs")
        if not self.just_begun:
            wait_until(lambda: (station.status() or {}).get("parked"), 10, "the next runner")
        if self.asks:
            wait_until(lambda: station.waiting_prompt(batch), 10, "a prompt that waits")
        if self.paused:
            station.steer(batch, "pause")
            wait_until(lambda: station.verdict(batch.id)[0] == "PAUSED", 10, "a batch that is paused")
        return batch


ACTIVITIES = [
    Activity("begin", "has just begun to sleep: the runner that would make safe is still starting", just_begun=True),
    Activity("sleep", "sleeps in `run.sleep`"),
    Activity("deadlock", "hangs in a C library that holds the interpreter", "deadlock"),
    Activity("loop", "counts in a Python loop without an end", "loop"),
    Activity("read", "waits for an instrument that is slow to answer", "read"),
    Activity("pause", "is paused inside `run.sleep`", paused=True),
    Activity("prompt", "waits for a person's answer; its patience is the timeout of the step", "prompt", asks=True),
    Activity("teardown", "sleeps in its teardown, before that has switched off", in_teardown=True),
    Activity("stuck-teardown", "hangs there in a C library", "deadlock", in_teardown=True),
]
