"""Any process of the station dies while a step blocks: the output is off in time, or the run does not even notice."""

from __future__ import annotations

import signal

import pytest

from tests.installations import wait_until
from tests.system.running_station import SLOT, Followed, RunningStation

WAYS = ["sleep", "deadlock"]
CRASHED = {"switch_on": "PASS", "work": "ERROR", "judge": "SKIPPED", "switch_off": "SKIPPED"}


def replaced(station: RunningStation, who: str, before: int | None) -> None:
    """Wait until somebody else does this part's work."""
    wait_until(lambda: station.pid(who) not in (None, before), 10, f"a new {who}")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", ["runner", "guard", "warden"])
def test_killed_part_that_holds_hardware_leaves_it_off(station: RunningStation, who: str, way: str):
    batch, before = station.begin(way=way), station.pid(who)
    moment = station.kill(who)
    assert station.bench.off_after(moment) < 0.5
    assert batch.verdict == ("CRASHED", "ERROR")
    assert batch.exit_code() == 6
    assert batch.outcomes() == CRASHED
    assert station.bench.switching() == ["on", "off"]
    assert station.bench.read_back() == "0"
    if who != "runner":
        replaced(station, who, before)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("who", "number"),
    [("supervisor", signal.SIGKILL), ("supervisor", signal.SIGTERM), ("cluster", signal.SIGKILL)],
)
def test_lost_supervisor_is_not_noticed_by_the_run(station: RunningStation, who: str, number: int, way: str):
    batch, before = station.begin(way=way, seconds=3), station.pid(who)
    station.kill(who, number)
    replaced(station, who, before)
    assert batch.verdict == ("COMPLETED", "PASS")
    assert batch.exit_code() == 0
    assert station.bench.switching() == ["on", "off"]


@pytest.mark.parametrize(
    ("who", "number"),
    [("supervisor", signal.SIGSTOP), ("cluster", signal.SIGSTOP), ("cluster", signal.SIGTERM)],
)
def test_frozen_cluster_is_replaced(station: RunningStation, who: str, number: int):
    """A stopped supervisor may hold SQLite's lock; a cluster whose workers were terminated waits for them for ever."""
    batch, before = station.begin(seconds=1), station.pid("cluster")
    station.kill(who, number)
    replaced(station, "cluster", before)
    assert batch.verdict == ("COMPLETED", "PASS")
    assert station.bench.switching() == ["on", "off"]


def test_stop_reaches_the_run_of_a_supervisor_that_was_replaced(station: RunningStation):
    batch = station.begin(way="sleep")
    station.kill("supervisor")
    batch.process.send_signal(signal.SIGINT)
    assert batch.verdict == ("STOPPED", "NONE")
    assert station.bench.switching() == ["on", "off"]


def test_killed_housekeeping_is_replaced(station: RunningStation):
    batch, before = station.begin(way="sleep", seconds=1), station.pid("housekeeping")
    station.kill("housekeeping")
    replaced(station, "housekeeping", before)
    assert batch.verdict == ("COMPLETED", "PASS")


@pytest.mark.parametrize("who", ["runner", "guard", "warden"])
def test_terminated_part_lets_the_teardown_run(station: RunningStation, who: str):
    batch, before = station.begin(way="sleep"), station.pid(who)
    moment = station.kill(who, signal.SIGTERM)
    assert station.bench.off_after(moment) < 0.5
    assert batch.verdict == ("STOPPED", "NONE")
    assert stopped_in_order(batch)
    assert station.bench.switching() == ["on", "off"]
    if who != "runner":
        replaced(station, who, before)
    assert station.run(seconds=0).verdict == ("COMPLETED", "PASS")


def stopped_in_order(batch: Followed) -> bool:
    return batch.outcomes() == {"switch_on": "PASS", "work": "NONE", "judge": "SKIPPED", "switch_off": "PASS"}


def test_stopped_guard_is_replaced(station: RunningStation):
    batch, before = station.begin(way="sleep"), station.pid("guard")
    moment = station.kill("guard", signal.SIGSTOP)
    assert station.bench.off_after(moment) < 2.5  # noticed within two seconds
    assert batch.verdict == ("CRASHED", "ERROR")
    replaced(station, "guard", before)


def test_emergency_stop_goes_past_a_stopped_guard(station: RunningStation):
    batch = station.begin(way="sleep")
    station.kill("guard", signal.SIGSTOP)
    station.manage("estop", "--slot", SLOT)
    assert station.bench.off_after(station.asked_at("EMERGENCY_STOP")) < 0.5
    assert batch.verdict[0] in ("ABORTED", "CRASHED")
    station.settle()
    station.reset()
