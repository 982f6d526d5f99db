"""Whoever dies, and however: the output is off soon, the spool ends once, and nobody is left over."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from stations.safety.processes import ProcessMark
from tests.stations.safety.station_under_test import SLOT, StationUnderTest, kill, wait_until
from tests.stations.safety.tiny_supply import TinySupply

# A dead-locked runner cannot switch off by itself: the warden's new guard has to start first.
HANGING = ["sleep", "deadlock"]


@pytest.mark.parametrize("block", HANGING)
def test_killed_runner_is_made_safe_and_crashed(station: StationUnderTest, supply: TinySupply, block: str):
    run = station.begin(block)
    station.ready_parked()
    moment = kill(station.status()["runner"])
    assert supply.off_after(moment) < 0.5
    ended = station.ended(run)
    assert (ended["why"], ended["exit_code"], ended["safe"]) == ("crashed", -signal.SIGKILL, True)


@pytest.mark.parametrize("block", HANGING)
def test_killed_guard_is_replaced_and_its_run_closed(station: StationUnderTest, supply: TinySupply, block: str):
    run, first = station.begin(block), station.guard()
    moment = kill(first.pid)
    assert supply.off_after(moment) < (0.5 if block == "sleep" else 1.5)
    assert station.ended(run)["why"] == "guard_lost"
    station.ready_to_run()
    assert station.guard() != first
    assert station.ended(station.run(station.job(station.package("nothing"))))["why"] == "finished"


def test_runner_without_a_guard_tells_that_it_switched_off(station: StationUnderTest):
    run = station.begin("sleep")
    kill(station.guard().pid)
    station.ended(run)
    by = [(line["by"], line["confirmed"]) for line in station.kinds(run, "safe_state")]
    assert by == [("runner", True), ("guard", True)]


@pytest.mark.parametrize("block", HANGING)
def test_killed_warden_takes_all_with_it_after_the_safe_state(
    station: StationUnderTest, supply: TinySupply, block: str
):
    run = station.begin(block)
    station.ready_parked()
    moment = kill(station.warden.pid)
    station.kill_warden()
    assert supply.off_after(moment) < 0.5
    assert station.ended(run)["why"] == "warden_lost"
    wait_until(lambda: not station.processes())


def test_all_killed_at_once_is_made_safe_first_at_the_next_start(station: StationUnderTest, supply: TinySupply):
    run, runner, guard = station.begin("deadlock"), station.status()["runner"], station.guard().pid
    kill(station.warden.pid, signal.SIGSTOP)
    kill(guard, signal.SIGSTOP)
    for pid in (runner, guard, station.warden.pid):
        kill(pid)
    station.kill_warden()
    wait_until(lambda: not station.processes())
    assert supply.on
    station.start()
    assert (station.ended(run)["why"], supply.on) == ("guard_lost", False)


def test_terminated_runner_runs_its_teardown(station: StationUnderTest, supply: TinySupply):
    run = station.begin("sleep")
    kill(station.status()["runner"], signal.SIGTERM)
    ended = station.ended(run)
    assert (ended["why"], ended["verdict"]["ending"]) == ("finished", "stopped")
    assert len(supply.times_of("OUTP OFF")) == 1


@pytest.mark.parametrize("whom", ["guard", "warden"])
def test_terminated_guard_or_warden_lets_the_teardown_run(station: StationUnderTest, supply: TinySupply, whom: str):
    run = station.begin("sleep")
    kill(station.guard().pid if whom == "guard" else station.warden.pid, signal.SIGTERM)
    ended = station.ended(run)
    assert (ended["why"], ended["verdict"]["ending"]) == ("finished", "stopped")
    assert len(supply.times_of("OUTP OFF")) == 1


def test_stopped_guard_is_replaced_within_two_seconds(station: StationUnderTest, supply: TinySupply):
    run = station.begin("deadlock")
    moment = kill(station.guard().pid, signal.SIGSTOP)
    assert supply.off_after(moment) < 3.0
    assert station.ended(run)["why"] == "guard_lost"


def test_death_of_the_parked_runner_takes_nothing_from_the_run(station: StationUnderTest):
    run = station.begin("subprocess.run(['sh', '-c', 'setsid sleep 78 & echo $!']); run.sleep(8)")
    daemon = int(wait_until(lambda: station.kinds(run, "log"))[0]["message"])
    guard, status = station.guard().pid, station.ready_parked()
    children = [int(child) for child in Path(f"/proc/{guard}/task/{guard}/children").read_text().split()]
    kill(*(child for child in children if child not in (status["runner"], daemon)))
    wait_until(lambda: not station.status()["parked"])
    station.ready_parked()
    assert (station.status()["run"], alive(daemon)) == (run, True)
    kill(status["runner"])
    station.ended(run)
    wait_until(lambda: not alive(daemon))


def alive(pid: int) -> bool:
    return ProcessMark.of(pid) is not None


def test_torn_last_line_is_closed_before_the_end(station: StationUnderTest):
    run = station.begin("sleep")
    with station.paths.spool(run).open("a") as spool:
        spool.write('{"k":"log","mess')
    kill(station.status()["runner"])
    station.ended(run)
    assert '{"k":"log","mess\n' in station.paths.spool(run).read_text()


def test_slot_is_closed_to_runs_while_the_guard_is_ending(station: StationUnderTest):
    station.begin("deadlock", stop_grace_s=2.0)
    kill(station.guard().pid, signal.SIGTERM)
    wait_until(lambda: station.status()["closing"])
    assert station.status(SLOT)["run"] is not None
