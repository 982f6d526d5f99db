"""What the parent of a station's processes does for them: who stands still is replaced."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from control.management.station_processes import StationProcesses
from stations.contracts import WardenSettings
from stations.drivers.loading import runner_command
from stations.paths import StationPaths
from stations.safety import client
from tests.installations import HOUSE, alive, wait_until, with_free_ports

LANE = "demo/lane-1"


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[StationProcesses]:
    """A bench, and a warden with one lane and no other children."""
    paths = StationPaths(tmp_path / "data")
    station_file = tmp_path / "station.yaml"
    station_file.write_text(with_free_ports((HOUSE / "station.yaml").read_text()))
    configuration = WardenSettings(
        station="demo",
        data_dir=str(paths.data),
        runner=runner_command([]),
        import_path=[str(HOUSE)],
        slots=[{"slot": LANE, "instruments": {}}],
        children=[],
        safe_budget_s=1.0,
    )
    found = StationProcesses(configuration, station_file, with_bench=True, paths=paths)
    found.start()
    yield found
    found.stop()


@pytest.mark.parametrize("who", ["warden", "bench"])
def test_part_that_stands_still_is_replaced(processes: StationProcesses, who: str) -> None:
    before = getattr(processes, who).pid
    os.kill(before, signal.SIGSTOP)
    said = [wait_until(processes.keep_alive), wait_until(processes.keep_alive)]
    assert (said[0], said[1].partition(",")[0].endswith(f"{who} had died")) == (
        f"{who} stood still and had to be killed",
        True,
    )
    assert (alive(before), alive(getattr(processes, who).pid)) == (False, True)


def test_guards_end_with_a_warden_that_stood_still_and_new_ones_come(processes: StationProcesses) -> None:
    first = client.status(processes.paths, LANE)
    assert first is not None
    assert processes.warden is not None
    os.kill(processes.warden.pid, signal.SIGSTOP)
    wait_until(lambda: processes.keep_alive() is None and not alive(first["pid"]))
    second = wait_until(lambda: client.status(processes.paths, LANE, timeout_s=0.2))
    assert second["pid"] != first["pid"]
