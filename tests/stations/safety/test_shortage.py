"""A guard that gets no more files, processes or disk keeps its run and its slot."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from stations.safety.emergency import stop_slots
from stations.safety.latch import read_latch
from tests.stations.safety.station_under_test import SLOT, StationUnderTest, kill, latch, wait_until
from tests.stations.safety.tiny_supply import TinySupply


@pytest.mark.parametrize("spare", [0, 2, 4, 6, 7])
def test_guard_without_files_left_keeps_its_run_and_parks_again_later(station: StationUnderTest, spare: int):
    run, guard = station.begin("sleep"), station.guard().pid
    status = station.ready_parked()
    before = files(guard)
    _, most = resource.prlimit(guard, resource.RLIMIT_NOFILE)
    resource.prlimit(guard, resource.RLIMIT_NOFILE, (0, most))  # none at all, until the parked one's are free again
    kill(*(child for child in children(guard) if child != status["runner"]))
    wait_until(lambda: len(files(guard)) < len(before))
    resource.prlimit(guard, resource.RLIMIT_NOFILE, (nth_free(files(guard), spare), most))
    log = station.paths.logs / "guard demo--slot-1.log"
    told = log.read_text().count("no runner can be started")
    wait_until(lambda: log.read_text().count("no runner can be started") > told)
    resource.prlimit(guard, resource.RLIMIT_NOFILE, (most, most))
    station.ready_parked()
    assert (station.guard().pid, station.status()["run"], len(files(guard))) == (guard, run, len(before))


def test_guard_on_a_full_disk_still_stops_and_switches_off(station: StationUnderTest, supply: TinySupply):
    run, guard = station.begin("sleep"), station.guard().pid
    station.ready_parked()
    _, most = resource.prlimit(guard, resource.RLIMIT_FSIZE)
    resource.prlimit(guard, resource.RLIMIT_FSIZE, (0, most))
    answer = stop_slots(station.paths, [SLOT], latch())[SLOT]
    assert (answer["safe"], answer["latch"]["reason"], supply.on) == (True, "smoke", False)
    resource.prlimit(guard, resource.RLIMIT_FSIZE, (most, most))
    assert station.ended(run)["why"] == "emergency"
    assert station.guard().pid == guard


def test_a_latch_that_found_no_room_is_written_when_there_is_some(station: StationUnderTest):
    """So the housekeeping records it, and the next guard holds it."""
    guard, file = station.guard().pid, station.paths.slot(SLOT).latch
    _, most = resource.prlimit(guard, resource.RLIMIT_FSIZE)
    resource.prlimit(guard, resource.RLIMIT_FSIZE, (0, most))
    stop_slots(station.paths, [SLOT], latch())
    assert (station.status()["latch"]["reason"], file.exists()) == ("smoke", False)
    resource.prlimit(guard, resource.RLIMIT_FSIZE, (most, most))
    assert station.status()["latch"]["reason"] == "smoke"
    assert read_latch(station.paths, SLOT)["id"] == station.status()["latch"]["id"]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def files(pid: int) -> list[int]:
    return sorted(int(file.name) for file in Path(f"/proc/{pid}/fd").iterdir())


def nth_free(used: list[int], spare: int) -> int:
    """The limit under which `spare` more files can be opened."""
    free = [number for number in range(len(used) + spare + 1) if number not in used]
    return free[spare]
