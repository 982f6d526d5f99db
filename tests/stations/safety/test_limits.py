"""What a run may use: beyond it, it ends with the limit's name, by itself or by the kill, and its outputs are off."""

from __future__ import annotations

from math import inf

import pytest

from stations.safety import client
from stations.safety.limit_watch import LimitWatch
from tests.stations.safety.station_under_test import SLOT, StationUnderTest
from tests.stations.safety.test_ending_a_run import rungs, stop
from tests.stations.safety.tiny_supply import TinySupply

EAT = "kept = b'x' * (200 << 20)"
BURN = "while True: pass"


def elsewhere(code: str) -> str:
    """A block whose work is done by a process that has left the run's session and family."""
    return f"subprocess.run(['sh', '-c', 'setsid $0 -c \"$1\" &', sys.executable, {code!r}]); run.sleep(8)"


@pytest.mark.parametrize("block", [f"{EAT}; run.sleep(8)", elsewhere(f"import time; {EAT}; time.sleep(8)")])
def test_run_beyond_its_memory_is_killed_at_once(station: StationUnderTest, supply: TinySupply, block: str):
    run = station.run(station.job(station.package(block), resources={"memory_mb": 150.0}))
    ended = station.ended(run)
    assert (ended["why"], ended["safe"], supply.on) == ("limit", True, False)
    used, allowed = ended["message"].removeprefix("memory: ").split(", ")
    assert (float(used.removesuffix(" MiB used")) > 150, allowed) == (True, "150 MiB allowed")
    assert rungs(station, run) == [("kill", "limit", "")]


@pytest.mark.parametrize("block", ["loop", f"subprocess.run([sys.executable, '-c', {BURN!r}])", elsewhere(BURN)])
def test_run_beyond_its_cpu_time_ends_with_its_teardown(station: StationUnderTest, supply: TinySupply, block: str):
    run = station.run(station.job(station.package(block), resources={"cpu_s": 0.5}, stop_grace_s=5.0))
    ended = station.ended(run)
    assert (ended["why"], ended["verdict"]["ending"], ended["verdict"]["outcome"]) == ("finished", "failed", "ERROR")
    assert (ended["message"].startswith("CPU time: 0."), ended["message"].endswith(" s used, 0.5 s allowed")) == (
        True,
    ) * 2
    assert (rungs(station, run), supply.on) == ([("interrupt", "limit", "")], False)


def test_run_that_does_not_end_at_its_wall_time_is_killed(station: StationUnderTest, supply: TinySupply):
    run = station.begin("deadlock", resources={"wall_s": 0.8}, stop_grace_s=0.2)
    ended = station.ended(run)
    assert (ended["why"], ended["safe"], supply.on) == ("limit", True, False)
    assert ended["message"].endswith(" s used, 0.8 s allowed")
    assert rungs(station, run) == [(rung, "limit", "") for rung in ("interrupt", "terminate", "kill")]


def test_wall_time_passes_while_a_run_is_paused(station: StationUnderTest):
    run = station.begin("sleep", resources={"wall_s": 1.0}, stop_grace_s=5.0)
    client.wish(station.paths, SLOT, run, {"word": "pause", "control": "", "reason": ""})
    ended = station.ended(run)
    assert (ended["why"], ended["verdict"]["ending"], station.kinds(run, "batch.resumed")) == ("finished", "failed", [])


def test_output_of_c_libraries_is_limited(station: StationUnderTest):
    block = "[libc.puts(b'x' * 999) for _ in range(2000)]; libc.fflush(None); run.sleep(8)"
    job = station.job(station.package(block), resources={"output_mb": 1.0}, stop_grace_s=5.0)
    ended = station.ended(station.run(job))
    assert (ended["why"], ended["verdict"]["ending"]) == ("finished", "failed")
    assert ended["message"].endswith(" MiB used, 1 MiB allowed")


def test_limit_leaves_a_stop_that_is_under_way(station: StationUnderTest):
    run = station.begin("deadlock", resources={"wall_s": 1.0}, stop_grace_s=1.5)
    stop(station, run)
    assert station.ended(run)["why"] == "stop_expired"
    assert rungs(station, run) == [
        ("interrupt", "stop", "c-1"),
        ("terminate", "stop", "c-1"),
        ("kill", "stop_expired", "c-1"),
    ]


def test_run_within_its_limits_ends_as_ever(station: StationUnderTest):
    limits = {"memory_mb": 4096.0, "cpu_s": 60.0, "wall_s": 60.0, "output_mb": 10.0}
    run = station.run(station.job(station.package("run.sleep(0.3)"), resources=limits))
    assert (station.ended(run)["why"], rungs(station, run)) == ("finished", [])


def test_run_without_limits_is_never_looked_at():
    watch = LimitWatch({}, pids=lambda: pytest.fail("looked"), printed_mb=lambda: 0.0, now=100.0)
    assert (watch.due, watch.look(1e9), watch.due) == (inf, None, inf)


def test_limit_is_told_once_and_at_its_time():
    watch = LimitWatch({"wall_s": 30.0}, pids=list, printed_mb=lambda: 0.0, now=100.0)
    assert watch.due == 130.0
    assert watch.look(130.04).sentence == "wall time: 30.1 s used, 30 s allowed"
    assert (watch.due, watch.look(200.0)) == (inf, None)
