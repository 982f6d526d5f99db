"""Backups: complete, readable by nobody else, taken while others write, and nothing half-written."""

from __future__ import annotations

import fcntl
import hashlib
import json
import resource
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from control.archive.contents import ArchiveRefused
from control.archive.writing import SPARE, check_space
from tests.control.archive.conftest import backed_up, files, members
from tests.installations import Installation, wait_until

WRITER = """
import time
from control.journal.append import Entry, append
from django.db import transaction
while True:
    with transaction.atomic():
        append("board", [Entry("log", "x" * 2000)])
"""


def last_record(installation: Installation) -> dict[str, str]:
    sql = "SELECT after FROM control_controlevent WHERE kind = 'BACKUP' ORDER BY id DESC"
    (after,) = installation.query(sql)[0]
    return json.loads(after) if isinstance(after, str) else after


def test_an_archive_holds_everything(filled: Installation, archive: Path):
    found = members(archive)
    kind = "database.sqlite3" if filled.database_url.startswith("sqlite") else "database.dump"
    (stream,) = filled.query("SELECT MIN(id) FROM control_stream WHERE batch_id IS NOT NULL")[0]
    own = {name for name in found if not name.startswith(("packages/0/", "package-store/", "spools/"))}
    latch, large = "latches/demo--slot-2.latch.json", f"events/{stream}/2.json"
    (kept,) = {f"attachments/{name}" for name in files(filled.paths.attachments)}
    assert own == {kind, "station.yaml", "packages/1/ours/manifest.yaml", large, latch, kept, "contents.json"}
    assert found["station.yaml"] == filled.station_file.read_bytes()
    assert [name for name in found if name.startswith("spools/")] == [f"spools/{_spool(filled)}"]
    ((used,),) = filled.query("SELECT DISTINCT sha256 FROM control_batch")
    package = {name.removeprefix("packages/0/board_test/"): data for name, data in found.items() if "0/board_" in name}
    assert {name: found[f"package-store/{used}/board_test/{name}"] for name in package} == package
    assert "sequence.py" in package


def _spool(installation: Installation) -> str:
    (path,) = installation.paths.spools.iterdir()
    return path.name


def test_an_archive_says_what_it_holds(filled: Installation, archive: Path):
    found = members(archive)
    contents = json.loads(found.pop("contents.json"))
    sums = {name: facts["sha256"] for name, facts in contents["members"].items()}
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}
    assert contents["rows"]["control_batch"] == 4
    (events,) = filled.query("SELECT COUNT(*) FROM control_event")[0]
    assert (contents["rows"]["control_event"], len(contents["live"])) == (events, 2)
    applied = filled.query("SELECT app, name FROM django_migrations ORDER BY id")
    assert contents["migrations"] == [list(row) for row in applied]


def test_an_archive_is_for_its_owner_alone_and_on_record(filled: Installation, archive: Path):
    assert archive.parent == filled.data / "backups"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (archive, archive.parent)] == [0o600, 0o700]
    assert last_record(filled) == {"result": "ok"}


def test_a_backup_while_others_write_is_one_moment(other: Installation):
    writer = other.start("shell", "--no-imports", "-c", WRITER)
    while not other.query("SELECT id FROM control_event"):
        assert writer.poll() is None, other.output(writer)
    archive = backed_up(other)
    assert writer.poll() is None
    rows = json.loads(members(archive)["contents.json"])["rows"]
    assert 0 < rows["control_event"] < other.query("SELECT last_seq FROM control_stream")[0][0]


def test_archives_go_where_one_wants_them_and_old_ones_go(other: Installation, tmp_path: Path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    old, young, foreign = "gwanje-20200101-000000.tar.gz", "gwanje-29990101-000000.tar.gz", "gwanje-old.tar.gz"
    for name in (old, young, foreign, ".gwanje-draft-killed"):
        (folder / name).write_text("") if name != ".gwanje-draft-killed" else (folder / name).mkdir()
    archive = backed_up(other, "--to", str(folder))
    assert {path.name for path in folder.iterdir()} == {old, young, foreign, archive.name}
    done = other.manage("backup", "--to", str(folder), "--keep-days", "7")
    assert [line.split(" (")[0] for line in done.stdout.splitlines()] == [
        f"Deleted {old}.",
        str(max(folder.glob("gwanje-20[2-9]*"))),  # last: what a schedule shows
    ]
    assert len(list(folder.iterdir())) == 4


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))


def test_a_full_disk_leaves_nothing_half_written(other: Installation):
    old = other.data / "backups" / "gwanje-20200101-000000.tar.gz"
    old.parent.mkdir()
    old.write_text("the only good one")
    done = other.manage("backup", "--keep-days", "7", preexec_fn=limit_files)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    assert files(old.parent) == {old.name: b"the only good one"}
    assert last_record(other)["result"] == "failed"


def test_a_nearly_full_disk_is_refused_before(tmp_path: Path):
    with pytest.raises(ArchiveRefused) as refused:
        check_space(tmp_path, 10**18 - SPARE)
    assert "but 953,674,316,406 MiB may be needed. Make room, or choose a folder" in str(refused.value)
    check_space(tmp_path, 0)


def test_ctrl_c_leaves_nothing_behind(other: Installation):
    process = other.start("backup")
    folder = other.data / "backups"
    while not list(folder.glob(".gwanje-draft-*")) and process.poll() is None:
        pass
    process.terminate()
    process.wait(timeout=30)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.any_database
@pytest.mark.parametrize("command", [["backup"], ["prune", "--older-than", "1"]])
def test_whoever_waits_for_his_turn_is_told_and_can_be_interrupted(other: Installation, command: list[str]):
    with other.paths.archive_lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = other.start(*command)
        waiting = f"Waiting for a backup, pruning or restore of {other.data} to end …"
        wait_until(lambda: waiting in other.output(process))
        process.send_signal(signal.SIGINT)
        assert (process.wait(timeout=30), other.output(process).splitlines()) == (130, [waiting, "Interrupted."])


def test_two_backups_wait_for_each_other(other: Installation):
    both = [other.start("backup") for _ in range(2)]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert len(list((other.data / "backups").iterdir())) == 2


class TestPrograms:
    @pytest.fixture(autouse=True)
    def on_postgresql(self, pytestconfig: pytest.Config):
        if pytestconfig.getoption("--database") != "postgresql":
            pytest.skip("needs --database=postgresql")

    def backup(self, other: Installation, folder: Path) -> subprocess.CompletedProcess[str]:
        other.environment["GWANJE_PG_BIN"] = str(folder)
        return other.manage("backup")

    def test_a_missing_program_is_refused_with_the_remedy(self, other: Installation, tmp_path: Path):
        done = self.backup(other, tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith(f"CommandError: pg_dump was not found in {tmp_path}. Install the client programs")
        assert "GWANJE_PG_BIN" in done.stderr

    def test_a_program_older_than_the_server_is_refused(self, other: Installation, tmp_path: Path):
        program = tmp_path / "pg_dump"
        program.write_text('#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n')
        program.chmod(0o755)
        done = self.backup(other, tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("CommandError: pg_dump is of version 9, but the server is PostgreSQL 18.")
