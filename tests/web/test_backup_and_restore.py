"""The whole way with real stations: backed up in the middle of a run, restored elsewhere, taken up again."""

from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path

import pytest

from control.management.in_use import alone
from tests.control.archive.conftest import backed_up, content, with_programs
from tests.installations import Installation, Template, wait_until
from tests.system.invariants import check_streams
from tests.system.running_station import OTHER_SLOT, SLOT, RunningStation

# The heart beats on, and guards tell of their processes; bells and sessions are not brought back; the backup itself is
# written down after its moment.
MOVING = {"stations_station", "stations_slot", "django_q_ormq", "django_session", "control_controlevent"}
MEASURED = "SELECT COUNT(*) FROM control_measurement WHERE name = 'round'"


def test_a_backup_in_the_middle_of_a_run_comes_back(
    own_station: RunningStation, installation_template: Template, tmp_path: Path
):
    first = with_programs(own_station.installation)
    own_station.start()
    ended, running = own_station.run(seconds=0), own_station.begin(OTHER_SLOT, seconds=60)
    assert ended.exit_code() == 0
    wait_until(lambda: first.query(MEASURED) == [(2,)], 10, "both stories up to where they stand still")
    before = content(first, MOVING)
    archive = backed_up(first)
    assert content(first, MOVING) == before  # so this is what the archive must hold
    assert own_station.status(OTHER_SLOT)["run"] == running.id
    own_station.stop()

    second = installation_template.install(tmp_path / "second")
    try:
        station = RunningStation(with_programs(second))
        done = station.manage("restore", str(archive), "--yes")
        assert done.returncode == 0, done.stderr
        assert content(second, MOVING) == before
        shutil.rmtree(first.data)  # what is needed came with the archive
        station.start()
        assert _settled(station, running.id) == ("CRASHED", "ERROR")
        assert station.verdict(ended.id) == ("COMPLETED", "PASS")
        check_streams(station)
        assert station.run(SLOT, seconds=0).verdict == ("COMPLETED", "PASS")
        station.stop()
    finally:
        second.remove()


def _settled(station: RunningStation, batch: str) -> tuple[str, str]:
    sql = f"SELECT COUNT(*) FROM control_batch WHERE state = 'RUNNING' AND id = '{batch.replace('-', '')}'"
    while station.installation.query(sql) != [(0,)]:
        assert station.process.poll() is None, station.output
    return station.verdict(batch)


def test_pruning_beside_a_running_station_and_its_page(own_station: RunningStation):
    """Rows go while batches run; nobody is held up, and what stays is whole."""
    station = own_station.start()
    first = station.run(seconds=0)
    assert first.exit_code() == 0
    running = station.begin(OTHER_SLOT, seconds=60)
    done = station.manage("prune", "--older-than", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Pruned: 1 batches, ")
    assert station.installation.query("SELECT COUNT(*) FROM control_batch") == [(1,)]
    assert not station.paths.spool(first.id).exists()
    check_streams(station)
    assert station.manage("prune", "--older-than", "0", "--vacuum").returncode == _code_of_vacuum(station)
    assert station.run(SLOT, seconds=0).verdict == ("COMPLETED", "PASS")
    assert station.status(OTHER_SLOT)["run"] == running.id
    sql = "SELECT after FROM control_controlevent WHERE kind = 'PRUNE' ORDER BY id"
    ((after,), *_) = station.installation.query(sql)
    assert (json.loads(after) if isinstance(after, str) else after)["batches"] == 1


def _code_of_vacuum(station: RunningStation) -> int:
    """Refused on SQLite, where a station runs; PostgreSQL does it by itself."""
    return 2 if station.installation.database_url.startswith("sqlite") else 0


@pytest.mark.any_database
def test_pages_and_a_restore_keep_out_of_each_others_way(installation: Installation, tmp_path: Path):
    other = with_programs(installation)
    archive = backed_up(other, "--to", str(tmp_path))
    with alone(other.paths):
        refused = other.start("serve_web", "--port", "0")
        assert refused.wait(timeout=30) == 1
        assert other.output(refused).endswith(f"{other.data} is being restored. Start the pages when that is done.\n")
    web = other.start("serve_web", "--port", "0")
    wait_until(lambda: _is_shared(other.paths.web_lock), 30, "a web process")
    done = other.manage("restore", str(archive), "--yes")
    assert (done.returncode, done.stderr.count("Stop the web process first.")) == (2, 1)
    web.terminate()
    web.wait(timeout=30)
    assert other.manage("restore", str(archive), "--yes").returncode == 0


def _is_shared(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
