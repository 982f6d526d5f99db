"""Restores: proven by comparing content, refused where they would do harm, and undone by another one."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sequences.catalogue import content_hash
from tests.control.archive.conftest import CHANGED, backed_up, content, files, forged, members
from tests.installations import Installation

LIVE = "SELECT name, state, outcome, restarts_left FROM control_batch ORDER BY id"
# Rows of these change when a restore ends what was live.
ENDED = {"control_batch", "control_event", "control_stream", "control_step", "stations_lease"}


@contextmanager
def nothing_changed(installation: Installation) -> Iterator[None]:
    before = content(installation, set()), list_of(installation)
    yield
    assert (content(installation, set()), list_of(installation)) == before


def list_of(installation: Installation) -> set[str]:
    passing = (".lock", "-shm", "-wal", "secret-key")
    return {name for name in files(installation.data) if not name.endswith(passing) and "logs/" not in name}


def restored(installation: Installation, archive: Path) -> list[str]:
    """What it said."""
    done = installation.manage("restore", str(archive), "--yes")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


def refusal(installation: Installation, archive: Path, *options: str, **more: Any) -> str:
    with nothing_changed(installation):
        done = installation.manage("restore", str(archive), *(options or ("--yes",)), **more)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    return done.stderr.removeprefix("CommandError: ").strip()


def test_everything_comes_back(filled: Installation, archive: Path, other: Installation):
    restored(other, archive)
    assert content(other, CHANGED | ENDED) == content(filled, CHANGED | ENDED)
    events = "SELECT stream_id, seq, at, kind, level, step, message, data FROM control_event ORDER BY stream_id, seq"
    assert set(map(repr, filled.query(events))) <= set(map(repr, other.query(events)))
    assert files(other.data / "events") == files(filled.data / "events")
    assert files(other.paths.attachments) == files(filled.paths.attachments)
    assert [bytes(range(256)) * 100] == [*files(other.paths.attachments).values()]
    assert files(other.paths.spools) == files(filled.paths.spools)
    assert other.paths.slot("demo/slot-2").latch.read_bytes() == filled.paths.slot("demo/slot-2").latch.read_bytes()
    assert other.station_file.read_bytes() == filled.station_file.read_bytes()
    assert files(other.folder / "packages") == {"ours/manifest.yaml": b"name: ours\n"}


def test_nothing_starts_by_itself_and_nobody_stays_logged_in(archive: Path, other: Installation):
    restored(other, archive)
    assert other.query(LIVE) == [
        ("has ended", "COMPLETED", "PASS", 0),
        ("runs on demo/slot-1", "RUNNING", "NONE", 0),  # its spool is here: its guard ends it
        ("runs on demo/slot-2", "CRASHED", "ERROR", 0),
        ("waits", "STOPPED", "NONE", 0),
    ]
    for table in ("django_session", "django_q_ormq"):
        assert other.query(f"SELECT COUNT(*) FROM {table}") == [(0,)]
    assert [holder for (holder,) in other.query("SELECT DISTINCT holder FROM stations_lease")] == [
        pk for (pk,) in other.query("SELECT id FROM control_batch WHERE state = 'RUNNING'")
    ]
    sql = "SELECT last_seq, COUNT(*) FROM control_stream s JOIN control_event e ON e.stream_id = s.id GROUP BY s.id"
    assert [
        row for row in other.query(sql.replace("GROUP BY s.id", "GROUP BY s.id, last_seq")) if row[0] != row[1]
    ] == []


def test_a_restore_is_undone_by_another_one(archive: Path, other: Installation):
    code = "from django.contrib.auth.models import User; User.objects.create_user('anna', password='x')"
    assert other.manage("shell", "--no-imports", "-c", code).returncode == 0
    station_file, before = other.station_file.read_text() + "# ours\n", content(other)
    other.station_file.write_text(station_file)
    *_, last = restored(other, archive)
    assert content(other) != before
    restored(other, Path(last.removeprefix("To undo it: manage.py restore ")))
    assert (content(other), other.station_file.read_text()) == (before, station_file)


def test_an_archive_can_be_restored_onto_itself_and_again(filled: Installation, archive: Path, other: Installation):
    first = restored(other, archive)
    second = restored(other, archive)
    assert (first[0], other.query(LIVE)[0][0]) == (second[0], "has ended")
    assert content(other, CHANGED | ENDED) == content(filled, CHANGED | ENDED)


@pytest.mark.any_database
def test_a_latch_that_holds_now_is_not_lifted(archive: Path, other: Installation):
    other.paths.slots.mkdir()
    for slot in ("demo/slot-1", "demo/slot-2"):
        other.paths.slot(slot).latch.write_text("pressed a minute ago")
    restored(other, archive)
    assert {path.read_text() for path in other.paths.slots.glob("*.latch.json")} == {"pressed a minute ago"}


def test_what_is_replaced_is_kept_aside(archive: Path, other: Installation):
    package = other.folder / "packages" / "ours"
    package.mkdir()
    (package / "manifest.yaml").write_text("name: changed\n")
    (other.data / "events" / "1").mkdir(parents=True)
    (other.data / "events" / "1" / "7.json").write_text("{}")
    restored(other, archive)
    (aside,) = other.data.glob("before-restore-*")
    kept = {name: data for name, data in files(aside).items() if not name.endswith(".tar.gz")}
    assert kept.pop("station.yaml") != other.station_file.read_bytes()
    assert kept == {"packages/1/ours/manifest.yaml": b"name: changed\n", "events/1/7.json": b"{}"}


def test_an_empty_data_directory_is_filled(archive: Path, other: Installation):
    with other.connection() as connection:
        if other.database_url.startswith("postgresql"):
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
    shutil.rmtree(other.data)
    restored(other, archive)
    assert other.query(LIVE)[0][0] == "has ended"


@pytest.mark.any_database
def test_contents_that_batches_were_submitted_with_come_back_and_none_goes(archive: Path, other: Installation):
    mine = other.paths.packages / ("0" * 64) / "mine" / "sequence.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("pass")
    restored(other, archive)
    ((used,),) = other.query("SELECT DISTINCT sha256 FROM control_batch")
    assert content_hash(other.paths.packages / used / "board_test") == used
    assert mine.read_text() == "pass"


@pytest.mark.any_database
def test_packages_of_a_folder_that_is_not_named_here_are_told(archive: Path, other: Installation):
    del other.environment["GWANJE_SEQUENCE_DIRS"]
    folder = other.data / "restored-packages-1"
    note = f"Packages of a folder that GWANJE_SEQUENCE_DIRS does not name are in {folder}."
    assert note in restored(other, archive)
    assert files(folder) == {"ours/manifest.yaml": b"name: ours\n"}


def test_an_older_archive_is_brought_up_to_date(other: Installation):
    assert other.manage("migrate", "control", "0001", "-v0").returncode == 0
    archive = backed_up(other)
    restored(other, archive)
    assert other.manage("migrate", "--check").returncode == 0
    assert "control" in {app for app, _name in json.loads(members(archive)["contents.json"])["migrations"]}


def of_another_kind(contents: dict[str, Any]) -> None:
    contents["database"] = {"sqlite": "postgresql", "postgresql": "sqlite"}[contents["database"]]


def test_an_archive_of_another_kind_of_database_is_refused(archive: Path, other: Installation, tmp_path: Path):
    said = refusal(other, forged(archive, tmp_path / "forged.tar.gz", of_another_kind))
    kinds = ("sqlite", "postgresql") if other.database_url.startswith("postgresql") else ("postgresql", "sqlite")
    assert said.startswith(
        "The archive holds a database of kind {}, but GWANJE_DATABASE_URL names one of ".format(*kinds)
    )
    assert said.endswith(" then restore.")


@pytest.mark.any_database
@pytest.mark.parametrize(("lock", "who"), [("warden.lock", "A station is already"), ("web.lock", "The pages of")])
def test_a_running_station_or_web_process_is_left_alone(archive: Path, other: Installation, lock: str, who: str):
    with (other.data / lock).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_SH if lock == "web.lock" else fcntl.LOCK_EX)
        assert refusal(other, archive).startswith(who)


def test_a_database_that_somebody_has_open_is_left_alone(archive: Path, other: Installation):
    with other.connection() as connection:
        connection.execute("SELECT COUNT(*) FROM control_batch").fetchall()
        done = other.manage("restore", str(archive), "--yes")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "Stop" in done.stderr
    assert other.query("SELECT COUNT(*) FROM control_batch") == [(0,)]


@pytest.mark.any_database
def test_without_a_terminal_it_wants_a_yes(archive: Path, other: Installation):
    said = refusal(other, archive, "-v1", stdin=None if os.isatty(0) else 0)
    assert said == "Nobody can be asked here. Say --yes to restore without a question."


@pytest.mark.any_database
@pytest.mark.parametrize("typed", [b"n\n", b"\n", b"\x04"])  # the last is Ctrl-D
def test_at_a_terminal_it_asks_once(archive: Path, other: Installation, typed: bytes):
    ours, theirs = pty.openpty()
    os.write(ours, typed)
    with nothing_changed(other):
        done = other.manage("restore", str(archive), stdin=theirs)
    os.close(ours), os.close(theirs)
    assert (done.returncode, done.stderr) == (2, "CommandError: Nothing was changed.\n")
    assert done.stdout.count("Restore it? [y/N]") == 1


def test_a_restore_that_fails_leaves_the_database_as_it_was(archive: Path, other: Installation, tmp_path: Path):
    """What the archive calls a dump is none."""
    if other.database_url.startswith("sqlite"):
        pytest.skip("there the file is replaced in one move")
    before = content(other)
    done = other.manage("restore", str(forged(archive, tmp_path / "forged.tar.gz", database=b"no dump")), "--yes")
    (aside,) = other.data.glob("before-restore-*")
    assert (done.returncode, content(other)) == (1, before)
    assert done.stderr.splitlines() == [
        f"Not finished. What was here before is in {aside}.",
        "CommandError: The archive could not be restored: pg_restore failed: "
        "pg_restore: error: input file does not appear to be a valid archive (too short?)",
    ]
    assert other.manage("migrate", "--check").returncode == 0


def test_nothing_starts_after_a_restore_that_was_cut_off(archive: Path, other: Installation):
    """Killed as soon as the database is touched: what waits in the archive has not been stopped yet."""
    process, unfinished = other.start("restore", str(archive), "--yes"), other.paths.unfinished_restore
    while not unfinished.exists():
        assert process.poll() is None, other.output(process)
    process.kill()
    process.wait()
    sentence = (
        f"A restore into {other.data} was cut off, so nothing starts here. Run it again: manage.py restore {archive}"
    )
    for command in ("start", "serve_station", "serve_web"):
        done = other.manage(command)
        assert (done.returncode, sentence in done.stderr) == (2, True), done.stderr
    restored(other, archive)
    assert (unfinished.exists(), other.query(LIVE)[-1]) == (False, ("waits", "STOPPED", "NONE", 0))


def test_a_damaged_database_can_still_be_replaced(other: Installation):
    if not other.database_url.startswith("sqlite"):
        pytest.skip("a damaged PostgreSQL is made anew, and then empty")
    archive = backed_up(other)
    database = other.data / "gwanje.sqlite3"
    database.write_bytes(b"damaged" * 1000)
    done = other.manage("restore", str(archive), "--yes")
    assert done.returncode == 0, done.stderr
    (aside,) = other.data.glob("before-restore-*")
    assert (aside / database.name).read_bytes() == b"damaged" * 1000
    assert other.manage("migrate", "--check").returncode == 0
