"""The safe state reaches every instrument: over VISA and serial, at two slots at once, past a single connection."""

from __future__ import annotations

import signal

import pytest

from tests.installations import wait_until
from tests.system.running_station import OTHER_SLOT, SLOT, RunningStation

pytestmark = pytest.mark.any_database

PROMISE_S = 0.5


def test_emergency_stop_switches_off_over_visa_and_serial(station: RunningStation):
    batch = station.begin(way="deadlock")
    assert station.bench.is_on("supply-1") and station.bench.is_on("board-1")
    assert station.manage("estop").returncode == 0
    moment = station.asked_at("EMERGENCY_STOP")
    assert station.bench.off_after(moment, "supply-1") < PROMISE_S
    assert station.bench.off_after(moment, "board-1") < PROMISE_S
    assert batch.verdict == ("ABORTED", "NONE")
    station.reset()


def test_emergency_stop_of_a_station_switches_both_slots_off(station: RunningStation):
    batches = [station.begin(slot, way="deadlock") for slot in (SLOT, OTHER_SLOT)]
    assert station.manage("estop", "--station", "demo").returncode == 0
    moment = station.asked_at("EMERGENCY_STOP")
    for name in ("supply-1", "supply-2", "board-1", "board-2"):
        assert station.bench.off_after(moment, name) < PROMISE_S
        assert station.bench.switching(name) == ["on", "off"]
    assert [batch.verdict for batch in batches] == [("ABORTED", "NONE")] * 2
    station.reset()


def test_emergency_stop_of_one_slot_leaves_the_other_alone(station: RunningStation):
    batch, beside = station.begin(way="deadlock"), station.begin(OTHER_SLOT, seconds=2)
    assert station.manage("estop", "--slot", SLOT).returncode == 0
    assert batch.verdict == ("ABORTED", "NONE")
    assert beside.verdict == ("COMPLETED", "PASS")
    station.reset()


def test_killed_runner_leaves_a_one_client_instrument_off(station: RunningStation):
    station.bench.fault("supply-1", "one_client", "on")
    batch = station.begin(way="deadlock")
    assert station.bench.off_after(station.kill("runner")) < PROMISE_S
    assert batch.verdict == ("CRASHED", "ERROR")


def test_emergency_stop_reaches_a_one_client_instrument(station: RunningStation):
    station.bench.fault("supply-1", "one_client", "on")
    batch = station.begin(way="deadlock")
    assert station.manage("estop", "--slot", SLOT).returncode == 0
    assert station.bench.off_after(station.asked_at("EMERGENCY_STOP")) < PROMISE_S
    assert batch.verdict == ("ABORTED", "NONE")
    station.bench.calm()
    station.reset()


def test_killed_guard_leaves_a_one_client_instrument_off(station: RunningStation):
    station.bench.fault("supply-1", "one_client", "on")
    batch = station.begin(way="sleep")
    assert station.bench.off_after(station.kill("guard", signal.SIGKILL)) < PROMISE_S
    assert batch.verdict == ("CRASHED", "ERROR")


def test_unplugged_supply_is_not_confirmed_and_blocks_its_slot(station: RunningStation):
    batch = station.begin(way="sleep")
    station.bench.fault("supply-1", "unplug")
    pressed = station.manage("estop", "--slot", SLOT)
    assert pressed.returncode == 1
    assert "NOT CONFIRMED" in pressed.stdout
    assert batch.verdict == ("ABORTED", "NONE")
    assert station.status()["safe"] is False
    station.bench.calm()
    wait_until(lambda: station.status()["safe"], 5, "a supply that is off by now")
    assert station.status()["unsafe"]["problems"].keys() == {"supply-1"}
    station.reset()
    station.settle()
