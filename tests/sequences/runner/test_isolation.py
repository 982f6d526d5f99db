"""What a package sees of its surroundings: a process of its own, and nothing that belongs to somebody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stations.safety.conftest import make_station
from tests.stations.safety.station_under_test import StationUnderTest, wait_until

__all__ = ["make_station"]

LANE = "demo/lane-1"
STEP = """
    links = {int(entry.name): os.readlink(entry.path) for entry in os.scandir("/proc/self/fd")}
    run.result = {
        "pid": os.getpid(), "group": os.getpgrp(), "session": os.getsid(0), "environment": dict(os.environ),
        "files": {number: link for number, link in links.items() if not link.startswith("/proc/")},
        "folder": os.getcwd(), "temporary": tempfile.gettempdir(), "mode": oct(os.stat(".").st_mode)[-3:],
        "in_folder": os.listdir("."), "modules": sorted({name.split(".")[0] for name in sys.modules}),
    }
    Path("left_behind").mkdir()
"""
PACKAGE = f"""
import os, sys, tempfile
from pathlib import Path
from sequences.authoring import Run, sequence, step

@sequence
class Witness:
    @step
    def look(self, run: Run) -> None:{STEP.replace(chr(10), chr(10) + "    ")}
"""
SECRETS = {
    "GWANJE_DATABASE_URL": "postgresql://gwanje:secret@localhost/gwanje",
    "GWANJE_DATA_DIR": "/nowhere",
    "DATABASE_URL": "postgresql://localhost/other",
    "SECRET_KEY": "secret",
    "PGPASSWORD": "secret",
}


@pytest.fixture
def station(make_station: Callable[..., StationUnderTest], monkeypatch: pytest.MonkeyPatch) -> StationUnderTest:
    """A lane, started by somebody whose environment is full of secrets."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return make_station({LANE: {}}).start()


@pytest.fixture
def seen(station: StationUnderTest) -> dict[str, Any]:
    folder = station.folder / "witness"
    folder.mkdir()
    (folder / "manifest.yaml").write_text("name: witness\nversion: 1.0.0\n")
    (folder / "sequence.py").write_text(PACKAGE)
    run = station.run(station.job(folder), LANE)
    result = station.ended(run)["verdict"]["result"]
    return {**result, "run": run}


def test_run_has_a_session_and_a_group_of_its_own(seen):
    assert seen["pid"] == seen["group"] == seen["session"]


def test_run_holds_no_file_but_its_streams_and_the_engine_own(seen, station):
    """The guard's socket and the lock of the slot, which is free only when the runner is gone; spool and its bell."""
    files = {int(number): link for number, link in seen["files"].items()}
    assert files.pop(0) == "/dev/null"
    assert [files.pop(number).partition(":")[0] for number in (1, 2)] == ["pipe", "pipe"]
    sockets = [link for link in files.values() if link.startswith("socket:")]
    named = {link for link in files.values() if link.startswith("/")}
    assert (len(sockets), len(files)) == (2, 4)
    assert named == {str(station.paths.spool(seen["run"])), str(station.paths.slot(LANE).lock)}


def test_run_knows_nothing_of_the_environment_but_what_programs_need(seen):
    allowed = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "TMPDIR", "PYTHONPATH", "PYTHONSAFEPATH"}
    assert set(seen["environment"]) - allowed == set()
    assert set(seen["environment"].values()) & set(SECRETS.values()) == set()


def test_run_works_in_an_empty_folder_that_is_removed(seen):
    assert seen["folder"] == seen["temporary"] == seen["environment"]["TMPDIR"]
    assert (seen["in_folder"], seen["mode"]) == ([], "700")
    wait_until(lambda: not Path(seen["folder"]).exists())


def test_run_has_no_way_to_the_database_at_hand(seen):
    assert (
        set(seen["modules"]) & {"django", "django_q", "psycopg", "psycopg_c", "sqlite3", "_sqlite3", "control"} == set()
    )
