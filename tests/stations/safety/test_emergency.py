"""The emergency stop: whatever a run is doing, its outputs are off at once, and nothing starts until a reset."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from stations.safety.emergency import reset_slots, stop_slots
from stations.safety.latch import read_latch
from tests.stations.safety.station_under_test import SLOT, StationUnderTest, kill, latch, wait_until
from tests.stations.safety.tiny_supply import TinySupply

PROMISE_S = 0.5


@pytest.mark.parametrize("block", ["sleep", "deadlock", "loop", "read"])
def test_emergency_stop_switches_off_whatever_runs(station: StationUnderTest, supply: TinySupply, block: str):
    run = station.begin(block)
    station.ready_parked()
    moment = time.time()
    answers = stop_slots(station.paths, [SLOT], latch())
    assert supply.off_after(moment) < PROMISE_S
    assert answers[SLOT]["proof"]["instruments"]["supply"]["read"] == ["OUTP? 0"]
    ended = station.ended(run)
    assert (ended["why"], ended["safe"], supply.on) == ("emergency", True, False)


def test_emergency_stop_ends_a_grandchild_that_left_its_session(station: StationUnderTest, supply: TinySupply):
    run = station.begin("subprocess.Popen(['sleep', '77'], start_new_session=True); run.sleep(8)")
    sleeper = wait_until(lambda: [pid for pid in station.processes() if b"77" in cmdline(pid)])
    stop_slots(station.paths, [SLOT], latch())
    assert station.ended(run)["safe"]
    assert cmdline(sleeper[0]) == b""


def test_emergency_stop_reaches_a_one_client_instrument(make_station):
    supply = TinySupply(one_client=True)
    station = make_station({SLOT: {"supply": supply.settings()}}).start()
    station.begin("deadlock")
    station.ready_parked()
    moment = time.time()
    assert stop_slots(station.paths, [SLOT], latch())[SLOT]["safe"]
    assert supply.off_after(moment) < PROMISE_S


def test_emergency_stop_of_two_slots_answers_for_both(make_station, supply: TinySupply):
    other = TinySupply()
    instruments = {SLOT: {"supply": supply.settings()}, "demo/slot-2": {"supply": other.settings("supply-2")}}
    station = make_station(instruments).start()
    runs = [station.begin("deadlock", slot) for slot in (SLOT, "demo/slot-2")]
    answers = stop_slots(station.paths, [SLOT, "demo/slot-2"], latch())
    assert [answers[slot]["safe"] for slot in answers] == [True, True]
    assert [station.ended(run)["why"] for run in runs] == ["emergency", "emergency"]


def test_emergency_stop_of_a_lane_is_proven_at_once(make_station):
    station = make_station({"demo/lane-1": {}}).start()
    answer = stop_slots(station.paths, ["demo/lane-1"], latch())["demo/lane-1"]
    assert (answer["safe"], answer["latch"]["reason"]) == (True, "smoke")


def test_emergency_stop_goes_past_a_stopped_guard(station: StationUnderTest, supply: TinySupply):
    run = station.begin("deadlock")
    kill(station.guard().pid, signal.SIGSTOP)
    moment = time.time()
    answers = stop_slots(station.paths, [SLOT], latch())
    assert answers[SLOT]["safe"] is True
    assert supply.off_after(moment) < 1.5  # 0.2 s for the guard, then a new one has to start for this dead-lock
    assert station.ended(run)["why"] == "guard_lost"
    assert read_latch(station.paths, SLOT)["reason"] == "smoke"


def test_emergency_stop_past_a_stopped_guard_is_quick_when_the_runner_lives(
    station: StationUnderTest, supply: TinySupply
):
    station.begin("sleep")
    kill(station.guard().pid, signal.SIGSTOP)
    moment = time.time()
    stop_slots(station.paths, [SLOT], latch())
    assert supply.off_after(moment) < PROMISE_S


def test_latched_slot_starts_nothing_until_it_is_reset(station: StationUnderTest):
    stop_slots(station.paths, [SLOT], latch())
    refused = station.run(station.job(station.package("nothing")))
    assert station.ended(refused)["message"] == "Nothing was started: emergency stop of all by Kim: smoke"
    assert [line["k"] for line in station.lines(refused)] == ["batch.ended"]
    assert reset_slots(station.paths, [SLOT])[SLOT]["latch"] is None
    assert station.ended(station.run(station.job(station.package("nothing"))))["why"] == "finished"


def test_latch_survives_a_restart_of_everything(station: StationUnderTest):
    first = latch("the first")
    stop_slots(station.paths, [SLOT], first)
    station.end()
    station.start()
    stop_slots(station.paths, [SLOT], latch("the second"))
    assert station.status()["latch"] == first


def test_reset_of_another_latch_changes_nothing(station: StationUnderTest):
    stop_slots(station.paths, [SLOT], latch())
    assert reset_slots(station.paths, [SLOT], "another")[SLOT]["latch"] is not None


def test_emergency_stop_without_a_guard_latches_and_says_so(make_station):
    station = make_station({SLOT: {}})
    answers = stop_slots(station.paths, [SLOT], latch(), budget_s=0.4)
    assert answers == {SLOT: "no guard runs; the slot is latched, whether its outputs are off is not known"}
    assert station.start().status()["latch"]["by"] == "Kim"


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
