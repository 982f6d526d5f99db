"""What somebody at the terminal gets: a verdict and its exit code, or one sentence that says what to do."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest

from tests.installations import HOUSE, wait_until
from tests.system.running_station import OTHER_SLOT, SLOT, RunningStation


def batches(station: RunningStation) -> int:
    return station.installation.query("SELECT COUNT(*) FROM control_batch")[0][0]


@pytest.mark.parametrize(
    ("parameters", "code", "verdict"),
    [
        ({}, 0, ("COMPLETED", "PASS")),
        ({"good": "no"}, 1, ("COMPLETED", "FAIL")),
        ({"broken": "yes"}, 3, ("FAILED", "ERROR")),
    ],
)
def test_verdict_and_exit_code(station: RunningStation, parameters: dict[str, str], code: int, verdict: tuple):
    batch = station.run(seconds=0, **parameters)
    assert batch.exit_code() == code, batch.output
    assert batch.verdict == verdict


def test_exit_code_tells_of_a_crash(station: RunningStation):
    batch = station.begin()
    station.kill("runner")
    assert batch.exit_code() == 6, batch.output
    assert batch.verdict == ("CRASHED", "ERROR")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["interruptable", "--slot", SLOT], "There is no sequence 'interruptable'. Did you mean 'interruptible'?"),
        (["interruptible", "--slot", "demo/slot-3"], "There is no slot 'demo/slot-3'. Did you mean 'demo/slot-"),
        (["interruptible", "-p", "way=jump"], "'way'"),
        (["interruptible", "-p", "seconds=long"], "'seconds'"),
        (["interruptible", "-p", "second=1"], "'second'"),
        (["interruptible", "--slot", "demo/lane-1"], "Slot demo/lane-1 has no board, meter, supply"),
    ],
)
@pytest.mark.any_database
def test_refusal_is_one_sentence_and_writes_nothing(station: RunningStation, arguments: list[str], sentence: str):
    before = batches(station)
    done = station.manage("run_batch", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (done.stdout, batches(station)) == ("", before)


@pytest.mark.any_database
def test_latched_slot_refuses_until_it_is_reset(station: RunningStation):
    assert station.manage("estop", "--slot", SLOT).returncode == 0
    before = batches(station)
    done = station.manage("run_batch", "interruptible", "--slot", SLOT)
    assert (done.returncode, batches(station)) == (2, before)
    assert f"Slot {SLOT} is latched" in done.stderr
    assert "manage.py reset" in done.stderr
    assert station.run(OTHER_SLOT, seconds=0).verdict == ("COMPLETED", "PASS")
    station.reset()
    assert station.run(seconds=0).verdict == ("COMPLETED", "PASS")


@pytest.mark.any_database
def test_reset_needs_a_reason(station: RunningStation):
    assert station.manage("reset", "--all", "--reason", " ").returncode == 2


@pytest.mark.any_database
def test_missing_instrument_leaves_a_failed_batch_that_names_its_address(station: RunningStation):
    first, batch = station.begin(seconds=3), station.run()  # an idle slot would be out of service in time
    wait_until(lambda: "waiting for" in batch.output, what="the place in the queue")
    station.bench.fault("meter-1", "unplug")
    assert batch.exit_code() == 3
    assert (first.verdict, batch.verdict) == (("COMPLETED", "PASS"), ("FAILED", "ERROR"))
    assert station.bench.instruments["meter-1"]["resource"] in batch.output
    assert station.bench.switching() == ["on", "off"]  # by the first


def test_two_slots_run_at_once_and_the_same_slot_queues(station: RunningStation):
    first, beside = station.begin(seconds=6), station.begin(OTHER_SLOT, seconds=6)
    behind = station.run(seconds=0)
    wait_until(lambda: f"waiting for {SLOT}: number 1 in its queue" in behind.output, what="the place in the queue")
    assert station.verdict(behind.id) == ("QUEUED", "NONE")
    assert [batch.verdict for batch in (first, beside, behind)] == [("COMPLETED", "PASS")] * 3
    overlap = first.lines()[-1]["at"] - beside.lines()[0]["at"]
    assert overlap > 0
    assert behind.lines()[0]["at"] > first.lines()[-1]["at"]


def test_waiting_batch_is_stopped_without_a_trace_on_the_bench(station: RunningStation):
    first, behind = station.begin(seconds=2), station.run()
    wait_until(lambda: "waiting for" in behind.output)
    behind.process.send_signal(signal.SIGINT)
    assert behind.exit_code() == 4
    assert behind.lines() == []
    assert first.verdict == ("COMPLETED", "PASS")


@pytest.mark.any_database
def test_ctrl_c_twice_is_an_emergency_stop(station: RunningStation):
    batch = station.begin(way="deadlock")
    batch.process.send_signal(signal.SIGINT)
    wait_until(lambda: "Stopping with teardown" in batch.output)
    batch.process.send_signal(signal.SIGINT)
    assert batch.exit_code() == 5, batch.output
    assert batch.verdict == ("ABORTED", "NONE")
    assert station.bench.off_after(station.asked_at("EMERGENCY_STOP")) < 0.5
    station.reset()


def test_story_tells_what_was_cut_short_and_that_it_was_made_safe(station: RunningStation):
    batch = station.begin(seconds=30)
    assert station.manage("estop", "--slot", "slot-1").returncode == 0  # the station's name may be left out
    assert batch.exit_code() == 5
    assert re.search(r"· work +cut short", batch.output)
    assert "safe state confirmed: board-1, load-1, supply-1" in batch.output
    station.reset()


@pytest.mark.parametrize("scope", [("--slot", "slot-7"), ("--slot", "demo"), ("--station", "nope")])
@pytest.mark.any_database
def test_estop_of_something_unknown_says_so_and_claims_nothing(station: RunningStation, scope: tuple[str, str]):
    done = station.manage("estop", *scope)
    assert done.returncode == 2
    assert done.stderr.startswith("CommandError: There is no ")
    assert "latched" not in done.stdout


def test_emergency_stop_without_settings_works_and_is_recorded(station: RunningStation):
    batch = station.begin(way="deadlock")
    command = [sys.executable, "-m", "stations.safety.press", str(station.paths.data)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HOUSE)
    assert (done.returncode, "demo/slot-1: off" in done.stdout) == (0, True), done.stderr
    assert batch.verdict == ("ABORTED", "NONE")
    recorded = "SELECT COUNT(*) FROM control_controlevent WHERE kind = 'EMERGENCY_STOP' AND reason = 'pressed'"
    wait_until(lambda: station.installation.query(recorded) == [(1,)], 10, "the record")
    station.reset()


@pytest.mark.any_database
def test_slot_that_was_reset_alone_works_again(station: RunningStation):
    assert station.manage("estop").returncode == 0
    assert station.manage("reset", "--slot", SLOT, "--reason", "this one is fine").returncode == 0
    first, second = station.begin(seconds=2), station.run(seconds=0)
    assert [batch.verdict for batch in (first, second)] == [("COMPLETED", "PASS")] * 2
    station.reset()


@pytest.mark.any_database
def test_broken_station_file_is_no_verdict_on_the_subject(station: RunningStation):
    described = station.installation.station_file.read_text()
    station.installation.station_file.write_text("station: {")
    batch = station.run(seconds=0)
    assert batch.exit_code() == 0, batch.output
    station.installation.station_file.write_text(described)


def test_watch_tells_the_whole_story_and_never_ends_the_batch(station: RunningStation):
    batch = station.begin(seconds=2)
    watching = station.installation.start("watch", batch.id)
    wait_until(lambda: "started" in station.installation.output(watching))
    watching.send_signal(signal.SIGINT)
    assert watching.wait(timeout=10) == 0
    assert batch.verdict == ("COMPLETED", "PASS")
    told = station.manage("watch", "last")
    assert told.returncode == 0
    assert "PASS" in told.stdout


@pytest.mark.any_database
def test_watch_of_an_unknown_batch_is_refused(station: RunningStation):
    done = station.manage("watch", "nothing")
    assert done.returncode == 2
    assert "There is no batch 'nothing'" in done.stderr


@pytest.mark.any_database
def test_run_batch_without_a_station_says_so_at_once(installation):
    done = installation.manage("run_batch", "step_loop")
    assert done.returncode == 2
    assert "manage.py serve_station" in done.stderr
    assert installation.query("SELECT COUNT(*) FROM control_batch") == [(0,)]


def test_work_that_was_done_is_told_at_once_and_done_anew_when_somebody_wants_it_fresh(station: RunningStation):
    def run_once(*more: str) -> subprocess.CompletedProcess[str]:
        return station.manage("run_batch", "only_once", "--subject", "twice", *more)

    first, again, fresh = run_once(), run_once(), run_once("--fresh")
    assert (first.returncode, again.returncode, fresh.returncode) == (0, 0, 0), again.stderr
    ids = [re.search(r"batch ([0-9a-f-]{36})", done.stdout)[1] for done in (first, again, fresh)]
    assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)
    assert ("has done the same" in again.stdout, "has done the same" in fresh.stdout) == (True, False)


def test_batch_of_somebody_else_that_does_the_same_is_watched_and_not_stopped(station: RunningStation):
    command = ["run_batch", "only_once", "--subject", "together", "-pseconds=8"]
    first = station.installation.start(*command)
    wait_until(lambda: "started" in station.installation.output(first), what="the first one's story")
    second = station.installation.start(*command)
    station.followers += [first, second]
    wait_until(lambda: "does the same already" in station.installation.output(second), what="the answer")
    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=10) == 0
    assert "No longer watching" in station.installation.output(second)
    assert first.wait(timeout=30) == 0, station.installation.output(first)
