"""Stops and deadlines: asked first, killed when that does not help, and the story tells each rung."""

from __future__ import annotations

import signal
import time

import pytest

from stations.safety import client
from tests.stations.safety.station_under_test import SLOT, StationUnderTest, kill
from tests.stations.safety.tiny_supply import TinySupply


def stop(station: StationUnderTest, run: str) -> float:
    moment = time.time()
    answer = client.wish(station.paths, SLOT, run, {"word": "stop", "control": "c-1", "reason": "enough"})
    assert answer["answer"] == "delivered"
    return moment


def rungs(station: StationUnderTest, run: str) -> list[tuple[str, str, str]]:
    return [(line["rung"], line["why"], line["control"]) for line in station.kinds(run, "ladder")]


@pytest.mark.parametrize("block", ["sleep", "loop", "read"])
def test_stop_runs_the_teardown(station: StationUnderTest, supply: TinySupply, block: str):
    run = station.begin(block, stop_grace_s=5.0)
    assert supply.off_after(stop(station, run)) < 1.5
    ended = station.ended(run)
    assert (ended["why"], ended["verdict"]["ending"]) == ("finished", "stopped")
    assert rungs(station, run) == [("interrupt", "stop", "c-1")]
    assert len(supply.times_of("OUTP OFF")) == 1


def test_rung_is_told_before_the_runner_obeys(station: StationUnderTest):
    runs = []
    for _ in range(5):
        runs.append(station.begin("sleep", stop_grace_s=5.0))
        stop(station, runs[-1])
        station.ended(runs[-1])
    told = [[line["k"] for line in station.lines(run) if line["k"] in ("ladder", "control")] for run in runs]
    assert told == [["ladder", "control"]] * 5


def test_stop_right_after_the_start_is_obeyed(station: StationUnderTest):
    run = station.run(station.job(station.package("sleep"), stop_grace_s=5.0))
    stop(station, run)
    assert station.ended(run)["verdict"]["ending"] == "stopped"


def test_stop_behind_wishes_that_nobody_reads_is_obeyed_at_once(station: StationUnderTest, supply: TinySupply):
    run = station.begin("loop", stop_grace_s=5.0)
    unread = {"word": "settings", "control": "c-0", "reason": "", "settings": {"text": "x" * 50_000}}
    while client.wish(station.paths, SLOT, run, unread)["answer"] == "delivered":
        pass
    assert supply.off_after(stop(station, run)) < 1.5
    assert station.ended(run)["verdict"]["ending"] == "stopped"


def test_stop_that_is_not_heard_climbs_to_the_kill(station: StationUnderTest, supply: TinySupply):
    run = station.begin("deadlock", stop_grace_s=0.4)
    assert supply.off_after(stop(station, run)) < 0.4 + 1.5
    ended = station.ended(run)
    assert (ended["why"], ended["safe"]) == ("stop_expired", True)
    rung, why, control = zip(*rungs(station, run), strict=True)
    assert rung == ("interrupt", "terminate", "kill")
    assert (why, control) == (("stop", "stop", "stop_expired"), ("c-1",) * 3)


def test_rungs_wait_as_long_as_the_job_says(station: StationUnderTest):
    run = station.begin("deadlock", stop_grace_s=0.3, term_grace_s=0.7)
    stop(station, run)
    station.ended(run)
    rungs = station.kinds(run, "ladder")
    assert [line.get("patience_s") for line in rungs] == [0.3, 0.7, None]
    assert [rungs[0]["at"] + 0.3 <= rungs[1]["at"], rungs[1]["at"] + 0.7 <= rungs[2]["at"] + 0.01] == [True, True]


def test_stopped_process_of_a_run_is_killed_by_the_ladder(station: StationUnderTest, supply: TinySupply):
    run = station.begin("sleep", stop_grace_s=0.3)
    kill(station.status()["runner"], signal.SIGSTOP)
    stop(station, run)
    assert (station.ended(run)["why"], supply.on) == ("stop_expired", False)


def test_stopped_process_of_a_run_is_killed_by_the_deadline(station: StationUnderTest, supply: TinySupply):
    run = station.begin("sleep", timeout_s=0.8)
    kill(station.status()["runner"], signal.SIGSTOP)
    assert (station.ended(run)["why"], supply.on) == ("timeout", False)


@pytest.mark.parametrize("block", ["sleep", "loop", "read"])
def test_step_timeout_runs_the_teardown(station: StationUnderTest, supply: TinySupply, block: str):
    run = station.begin(block, timeout_s=0.5)
    ended = station.ended(run)
    assert (ended["why"], ended["verdict"]["outcome"]) == ("finished", "TIMEOUT")
    assert supply.times_of("OUTP OFF")[0] - station.kinds(run, "step.started")[1]["at"] < 1.5


def test_deadline_that_is_not_heard_ends_in_the_kill(station: StationUnderTest, supply: TinySupply):
    run = station.begin("deadlock", timeout_s=0.5)
    ended = station.ended(run)
    assert (ended["why"], ended["safe"]) == ("timeout", True)
    assert rungs(station, run) == [("kill", "timeout", "")]
    assert supply.times_of("OUTP OFF")[0] - station.kinds(run, "step.started")[1]["at"] < 2.5


def test_kill_after_a_deadline_waits_as_long_as_the_job_says(station: StationUnderTest):
    run = station.begin("deadlock", timeout_s=0.3, deadline_grace_s=2.0)
    station.ended(run)
    assert station.kinds(run, "ladder")[0]["at"] - station.kinds(run, "step.started")[1]["at"] > 2.2


def test_pause_and_resume_reach_the_run(station: StationUnderTest):
    run = station.begin("run.sleep(0.6)")
    for word in ("pause", "resume"):
        client.wish(station.paths, SLOT, run, {"word": word, "control": word, "reason": ""})
    assert station.ended(run)["verdict"]["outcome"] == "PASS"
    assert [line["control"] for line in station.lines(run) if line["k"].startswith("batch.") and "control" in line] == [
        "pause",
        "resume",
    ]


def test_wish_for_an_unknown_run_is_answered(station: StationUnderTest):
    answer = client.wish(station.paths, SLOT, "nobody", {"word": "stop", "control": "", "reason": ""})
    assert (answer["answer"], answer["why"]) == ("unknown", "run nobody is not in this slot")
