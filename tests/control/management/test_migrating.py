"""Bringing a database up to date: what is copied, what is kept, and who is not disturbed."""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from control.management.migrating import copy_sqlite, is_new, migrate, pending
from tests.installations import Installation

MIGRATE = "from control.management.migrating import migrate; print(migrate('demo'))"
ALIVE = """
from django.db.models.functions import Now
from stations.models import Station
Station.objects.create(
    pk="lab", name="Lab", host="bench-pc", time_zone="UTC", heartbeat_at=Now(),
    configuration={}, configuration_sha256="",
)
"""
BACK = ("migrate", "control", "0001", "-v0")


@pytest.fixture
def database(tmp_path):
    """A SQLite database with one row, which somebody has open."""
    file = tmp_path / "gwanje.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE rows (text)")
        connection.execute("INSERT INTO rows VALUES ('kept')")
        yield file


def copies(folder):
    return sorted(file.name for file in folder.glob("gwanje.2*.sqlite3"))


def test_copy_is_whole_and_private(database):
    copy = copy_sqlite(database)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT text FROM rows").fetchall() == [("kept",)]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_newest_three_copies_are_kept(database, tmp_path):
    for year in range(2020, 2025):
        shutil.copy(database, tmp_path / f"gwanje.{year}0101-000000.sqlite3")
    (tmp_path / "gwanje.2-mine.sqlite3").touch()
    copy = copy_sqlite(database)
    expected = ["gwanje.2-mine.sqlite3", "gwanje.20230101-000000.sqlite3", "gwanje.20240101-000000.sqlite3", copy.name]
    assert copies(tmp_path) == expected


def test_copy_of_something_else_leaves_nothing(tmp_path):
    (tmp_path / "gwanje.sqlite3").write_text("no database at all " * 500)
    with pytest.raises(sqlite3.DatabaseError):
        copy_sqlite(tmp_path / "gwanje.sqlite3")
    assert [file.name for file in tmp_path.iterdir()] == ["gwanje.sqlite3"]


@pytest.mark.django_db
def test_database_that_is_up_to_date_is_left_alone():
    assert (pending(), is_new(), migrate("demo")) == (0, False, "up to date")


def test_start_migrates_after_a_copy(installation: Installation):
    assert installation.manage(*BACK).returncode == 0
    done = installation.manage("shell", "--no-imports", "-c", MIGRATE)
    said = re.fullmatch(r"migrated, \d+ steps?(?:; as it was before: (.*))?\n", done.stdout)[1]
    on_sqlite = installation.database_url.startswith("sqlite")
    assert copies(installation.data) == ([Path(said).name] if on_sqlite else [])


@pytest.mark.any_database
def test_database_that_a_station_works_with_is_not_migrated(installation: Installation):
    assert installation.manage(*BACK).returncode == 0
    installation.manage("shell", "--no-imports", "-c", ALIVE)
    done = installation.manage("start", "--port", "0")
    said = "The database has to be migrated, but lab on bench-pc still works with it. Stop it first, on its host."
    assert (done.returncode, done.stderr) == (2, f"CommandError: {said}\n")
