"""The warden keeps its children alive, and takes them with it."""

from __future__ import annotations

import json
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stations.safety.children import LARGEST_LOG, BackOff, limit_log
from stations.safety.processes import ProcessMark
from tests.stations.safety.station_under_test import ROOT, SLOT, StationUnderTest, kill, members, wait_until

CHILD = "import os, subprocess, time; open({file!r}, 'a').write(f'{{os.getpid()}}\\n'); {then}"


@pytest.fixture
def lane(make_station) -> StationUnderTest:
    return make_station({SLOT: {}})


def add_child(station: StationUnderTest, then: str = "time.sleep(60)") -> None:
    code = CHILD.format(file=str(station.folder / "pids"), then=then)
    station.settings["children"] = [{"name": "helper", "argv": [sys.executable, "-c", code], "env": {"COLOUR": "red"}}]


def pids(station: StationUnderTest) -> list[int]:
    file = station.folder / "pids"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def test_second_warden_is_refused_in_one_sentence(lane: StationUnderTest):
    lane.start()
    argv = [sys.executable, "-m", "stations.safety.warden", str(lane.paths.warden_config)]
    second = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert second.returncode == 2
    assert second.stderr == f"A station is already running on {lane.paths.data}; stop it first.\n"


def test_child_is_started_again_with_its_environment(lane: StationUnderTest):
    add_child(lane, "print(os.environ['COLOUR'], flush=True); time.sleep(60)")
    lane.start()
    first = wait_until(lambda: pids(lane))[0]
    wait_until(lambda: (lane.paths.logs / "helper.log").read_text())
    kill(first)
    second = wait_until(lambda: pids(lane)[1:])[0]
    assert ProcessMark.of(second) is not None
    assert (lane.paths.logs / "helper.log").read_text().startswith("red\n")


def test_children_and_theirs_die_with_a_killed_warden(lane: StationUnderTest):
    add_child(lane, "subprocess.run(['sleep', '60'])")
    lane.start()
    child = wait_until(lambda: pids(lane))[0]
    group = wait_until(lambda: members(child)[1:] and members(child))
    lane.kill_warden()
    wait_until(lambda: not members(child), within_s=1.0)
    assert len(group) == 2


def test_stopped_child_dies_with_a_killed_warden_too(lane: StationUnderTest):
    add_child(lane, "os.kill(os.getpid(), 19)")
    lane.start()
    child = wait_until(lambda: pids(lane))[0]
    lane.kill_warden()
    wait_until(lambda: not members(child), within_s=1.0)


def test_stopped_child_is_replaced(lane: StationUnderTest):
    add_child(lane)
    lane.start()
    first = wait_until(lambda: pids(lane))[0]
    kill(first, signal.SIGSTOP)
    second = wait_until(lambda: pids(lane)[1:])[0]
    assert (ProcessMark.of(first), ProcessMark.of(second) is None) == (None, False)


def test_silent_child_is_replaced_and_one_that_shows_its_life_is_not(lane: StationUnderTest):
    heart = lane.paths.heartbeat("helper")
    add_child(lane, f"[(os.utime({str(heart)!r}), time.sleep(0.1)) for _ in range(20)]; time.sleep(60)")
    lane.settings["children"][0]["silent_s"] = 1.5
    lane.start()
    first = wait_until(lambda: pids(lane))[0]
    begun = time.monotonic()
    wait_until(lambda: pids(lane)[1:])
    assert (time.monotonic() - begun >= 2.0, ProcessMark.of(first)) == (True, None)


def test_closed_standard_input_ends_everything_in_order(lane: StationUnderTest):
    add_child(lane)
    lane.start()
    child = wait_until(lambda: pids(lane))[0]
    lane.warden.stdin.close()
    assert lane.warden.wait(15) == 0
    assert ProcessMark.of(child) is None


def test_end_waits_for_the_last_imports(lane: StationUnderTest):
    lane.start()
    (lane.paths.supervisors / "one").touch()
    begun = time.monotonic()
    lane.end()
    assert time.monotonic() - begun >= 3.0


def test_guard_that_dies_once_is_replaced_at_once(lane: StationUnderTest):
    lane.start()
    first = lane.guard()
    kill(first.pid)
    wait_until(lambda: (status := lane.status()) and status["pid"] != first.pid)


def test_guard_that_works_is_replaced_at_once_however_often_it_is_killed(lane: StationUnderTest):
    lane.start()
    for _ in range(4):
        lane.ready_to_run()
        time.sleep(1.2)  # it has been at work for a while, and is no program that dies as it starts
        moment = kill(lane.guard().pid)
        lane.ready_to_run()
        assert time.time() - moment < 1.5


def test_warden_that_was_stopped_itself_does_not_blame_its_guards(lane: StationUnderTest):
    lane.start()
    guard = lane.guard()
    kill(lane.warden.pid, 19)
    time.sleep(2.0)
    kill(lane.warden.pid, 18)
    time.sleep(0.5)
    assert guard.lives()


def test_full_disk_ends_neither_warden_nor_guards(lane: StationUnderTest):
    add_child(lane)
    lane.start()
    guard, child = lane.guard(), wait_until(lambda: pids(lane))[0]
    _, most = resource.prlimit(lane.warden.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(lane.warden.pid, resource.RLIMIT_FSIZE, (20, most))  # enough for two lines of the child
    kill(child)
    wait_until(lambda: pids(lane)[1:])
    kill(guard.pid)
    wait_until(lambda: (status := lane.status()) and status["pid"] != guard.pid and status["safe"])
    assert lane.warden.poll() is None


def test_child_is_started_without_its_log_when_there_can_be_none(lane: StationUnderTest):
    add_child(lane)
    (lane.paths.logs / "helper.log").mkdir()
    lane.start()
    assert wait_until(lambda: pids(lane))


def test_log_of_a_living_child_is_limited(lane: StationUnderTest):
    add_child(lane)
    log = lane.paths.logs / "helper.log"
    log.write_bytes(b"x" * (LARGEST_LOG + 1))
    with log.open("ab", buffering=0) as writer:
        lane.start()
        wait_until(lambda: log.stat().st_size == 0)
        writer.write(b"next")
    assert (log.read_bytes(), log.with_suffix(".log.1").stat().st_size) == (b"next", LARGEST_LOG + 1)


def test_short_and_missing_logs_are_let_alone(tmp_path: Path):
    (short := tmp_path / "short.log").write_text("kept")
    for log in (short, tmp_path / "missing.log"):
        limit_log(log)
    assert [file.name for file in tmp_path.iterdir()] == ["short.log"]


def test_log_lines_go_to_the_log_file_with_the_documented_fields(lane: StationUnderTest, monkeypatch):
    file = lane.folder / "gwanje.log"
    monkeypatch.setenv("GWANJE_LOG_FILE", str(file))
    lane.start().end()
    first, *_, last = [json.loads(line) for line in file.read_text().splitlines()]
    assert first.keys() == {"time", "level", "logger", "message", "child", "child_pid"}
    assert (last["level"], last["logger"], last["message"]) == ("INFO", "warden", "ending")


def test_log_file_that_cannot_be_opened_does_not_end_the_warden(lane: StationUnderTest, monkeypatch):
    monkeypatch.setenv("GWANJE_LOG_FILE", str(lane.folder))
    assert lane.start().ready == {SLOT: True}


def test_runtime_directory_goes_with_the_warden(lane: StationUnderTest):
    lane.start().end()
    assert not lane.paths.runtime.exists()


def test_runtime_directory_stays_for_those_who_still_listen(lane: StationUnderTest):
    lane.start()
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as living,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead,
    ):
        living.bind(str(lane.paths.bells / "living"))
        dead.bind(str(lane.paths.bells / "dead"))
        dead.close()
        lane.end()
        assert [file.name for file in lane.paths.runtime.rglob("*")] == ["bells", "living"]


def test_back_off_begins_with_the_second_fast_death():
    back_off = BackOff()
    assert [back_off.after(0.1) for _ in range(8)] == [0.0, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert (back_off.after(60.0), back_off.after(0.1)) == (0.0, 0.0)
