"""Eighteen kills of random processes while batches run: nothing is lost, doubled, left on or left over."""

from __future__ import annotations

import random
import time

from tests.faults.random_faults import KILL, send
from tests.installations import wait_until
from tests.system.invariants import check_invariants
from tests.system.running_station import OTHER_SLOT, SLOT, RunningStation

SEED = 20_26
BATCHES = 14
# A worker only inside its task: killed while it is idle it may take its queue's lock with it.
WHO = ["runner", "guard", "supervisor", "cluster", "warden", "housekeeping"]
KILLS = WHO * 3


def test_kills_while_batches_run(own_station: RunningStation):
    station, dice = own_station.start(), random.Random(SEED)
    batches = submit(station, BATCHES)
    for who in dice.sample(KILLS, len(KILLS)):
        if len(station.waiting()) < 2:
            batches += submit(station, 4)
        slot = wait_until(lambda: slot_at_work(station, dice), what="a batch that runs")
        time.sleep(dice.uniform(0.0, 0.4))
        kill_whoever_is_there(station, who, slot)
    check_invariants(station, within_s=60)
    assert {station.verdict(batch)[0] for batch in batches} == {"COMPLETED", "CRASHED"}
    station.settle()
    assert station.run(seconds=0).verdict == ("COMPLETED", "PASS")
    assert station.stop() < 20
    wait_until(lambda: not station.installation.processes(), 5, "the end of all processes")


def submit(station: RunningStation, number: int) -> list[str]:
    return station.submit_many([SLOT, OTHER_SLOT] * (number // 2), times=20, seconds=0.06)


def slot_at_work(station: RunningStation, dice: random.Random) -> str | None:
    """One that runs a batch under a supervisor, while everybody else is there too."""
    if not station.pids("housekeeping"):
        return None
    slots = [slot for slot in (SLOT, OTHER_SLOT) if station.pid("supervisor", slot)]
    return dice.choice(slots) if slots else None


def kill_whoever_is_there(station: RunningStation, who: str, slot: str) -> None:
    """The run may just have ended, and then its runner and its supervisor are gone: the guard is not, or soon back."""
    wait_until(lambda: send(station, who, KILL, slot) or send(station, "guard", KILL, slot), what=f"a {who} or a guard")
