"""A batch is ended from outside while its step blocks: the right state, and the output off in time."""

from __future__ import annotations

import signal

import pytest

from tests.system.running_station import SLOT, RunningStation

pytestmark = pytest.mark.any_database

GRACE_S = 1.0  # of the sequence


@pytest.mark.parametrize(("way", "off_by_s"), [("sleep", 1.5), ("deadlock", 2.5), ("loop", 1.5)])
def test_step_timeout(station: RunningStation, way: str, off_by_s: float):
    batch = station.begin(times=0, hurried=1, way=way)
    assert station.bench.off_after(batch.begun("hurry")) < off_by_s
    assert batch.verdict == ("FAILED", "TIMEOUT")
    assert batch.outcomes()["hurry"] == "TIMEOUT"
    assert batch.exit_code() == 3
    assert station.bench.switching() == ["on", "off"]


@pytest.mark.parametrize(("way", "off_within_s"), [("sleep", 0.5), ("loop", 0.5), ("read", 1.5)])
def test_stop_runs_the_teardown(station: RunningStation, way: str, off_within_s: float):
    batch = station.begin(way=way)
    station.bench.fault("meter-1", "mute", "on" if way == "read" else "off")
    batch.process.send_signal(signal.SIGINT)
    assert batch.exit_code() == 4
    assert station.bench.off_after(station.asked_at("BATCH_STOP")) < off_within_s
    assert batch.verdict == ("STOPPED", "NONE")
    assert batch.outcomes() == {"switch_on": "PASS", "work": "NONE", "judge": "SKIPPED", "switch_off": "PASS"}
    assert station.bench.switching() == ["on", "off"]


def test_stop_of_a_dead_lock_is_a_kill_after_its_grace(station: RunningStation):
    batch = station.begin(way="deadlock")
    batch.process.send_signal(signal.SIGINT)
    assert batch.exit_code() == 5
    assert GRACE_S < station.bench.off_after(station.asked_at("BATCH_STOP")) < GRACE_S + 1.5
    assert batch.verdict == ("ABORTED", "NONE")
    assert batch.outcomes() == {"switch_on": "PASS", "work": "NONE", "judge": "SKIPPED", "switch_off": "SKIPPED"}
    assert station.bench.switching() == ["on", "off"]


@pytest.mark.parametrize("way", ["sleep", "deadlock", "loop", "read"])
def test_emergency_stop(station: RunningStation, way: str):
    batch = station.begin(way=way)
    station.bench.fault("meter-1", "mute", "on" if way == "read" else "off")
    assert station.manage("estop", "--slot", SLOT).returncode == 0
    assert station.bench.off_after(station.asked_at("EMERGENCY_STOP")) < 0.5
    assert batch.verdict == ("ABORTED", "NONE")
    assert batch.exit_code() == 5
    assert station.bench.switching() == ["on", "off"]
    assert station.bench.read_back() == "0"
    assert station.status()["latch"]["scope"] == SLOT
    station.bench.calm()
    station.reset()
