"""What creeps up is told when it begins, when it changes and when it is over, and never twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from control.housekeeping import watchers
from control.housekeeping.watchers import BellsLook, Trouble, Watcher, disk_trouble, look_at_disk, look_at_transactions
from control.journal.kinds import ALERTS
from control.journal.read import read_after
from control.metrics import database_load
from control.metrics.disk import DiskUse
from stations.models import Slot, Station
from tests.rows import demo_station, running

pytestmark = pytest.mark.django_db
TEXT = 600_000


def told() -> list[tuple[str, int]]:
    return [(event.level, event.data["grade"]) for event in read_after(ALERTS) if "watch" in event.data]


def disk_watcher(percents: list[float]) -> Watcher:
    """A disk that is this full at each look."""
    uses = iter(DiskUse(percent, 10**9) for percent in percents)
    return Watcher("disk", "demo", lambda told: disk_trouble(next(uses), told), "room again")


def test_disk_is_told_at_each_limit_and_when_it_has_room_again() -> None:
    percents = [79.9, 80.0, 85.0, 90.0, 95.0, 99.0, 77.0, 50.0]
    watcher = disk_watcher(percents)
    for _ in percents:
        watcher.turn()
    assert told() == [("WARNING", 1), ("WARNING", 2), ("ERROR", 3), ("INFO", 0)]


def test_what_is_told_is_in_the_log_too(caplog: pytest.LogCaptureFixture) -> None:
    """For a host that shows no page, and for a disk without room for an alert."""
    watcher = disk_watcher([80.0, 80.0, 99.0])
    for _ in range(3):
        watcher.turn()
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


def test_disk_just_below_a_limit_is_not_told_again_and_again() -> None:
    percents = [95.0, 94.9, 95.0, 92.9, 95.0]
    watcher = disk_watcher(percents)
    for _ in percents:
        watcher.turn()
    assert told() == [("ERROR", 3), ("INFO", 2), ("ERROR", 3)]


def test_sentence_of_a_disk_says_how_full_it_is_and_what_is_left() -> None:
    found = disk_trouble(DiskUse(83.7, 5 * 1024**3), 0)
    assert found is not None
    assert " is 83% full, with 5.0 GiB left. Make room there, or prune old batches." in found.message
    assert found.data == {"percent": 83.7, "free": 5 * 1024**3}


def test_disk_of_the_data_directory_is_the_one_that_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_at_disk(0) is None or look_at_disk(0).grade > 0
    monkeypatch.setattr(watchers, "FULL_FROM", (0, 101, 102))
    assert look_at_disk(0).grade == 1


def test_next_process_goes_on_where_the_last_one_left_off() -> None:
    disk_watcher([91.0]).turn()
    disk_watcher([91.0]).turn()
    disk_watcher([20.0]).turn()
    assert told() == [("WARNING", 2), ("INFO", 0)]


def test_what_all_stations_share_is_told_by_one_of_them() -> None:
    seen = [Watcher("transaction", "", lambda told: Trouble("open for long"), "over") for _ in range(3)]
    for watcher in seen * 2:
        watcher.turn()
    assert told() == [("WARNING", 1)]


@contextmanager
def somebody_reading() -> Iterator[int | None]:
    """A second program with an open transaction; the server's number of its process."""
    parameters = connection.get_connection_params()
    if connection.vendor == "postgresql":
        known = {name: parameters[name] for name in ("dbname", "user", "host", "port") if name in parameters}
        with psycopg.connect(**known, application_name="report") as other:
            other.execute("SELECT 1")
            yield other.info.backend_pid
    else:
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM stations_station").fetchall()
            yield None


def write_much() -> None:
    row = {"name": "Lab", "time_zone": "UTC", "host": "pc", "configuration_sha256": ""}
    Station.objects.create(pk="lab", configuration={"text": "x" * TEXT}, **row)


@pytest.mark.django_db(transaction=True)
def test_transaction_that_stays_open_is_found_and_its_holder_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "LONGEST_TRANSACTION_S", 0)
    for module in (watchers, database_load):
        monkeypatch.setattr(module, "LARGEST_LOG", TEXT // 2)
    assert look_at_transactions(0) is None
    with somebody_reading() as pid:
        write_much()
        found = look_at_transactions(0)
        assert found is not None
        assert pid is None or (found.data["pid"], found.data["application"]) == (pid, "report")
    assert look_at_transactions(1) is None


def old_bell(seconds: int) -> None:
    OrmQ.objects.create(key="demo.slots", payload="x", lock=timezone.now() - timedelta(seconds=seconds))


def test_bells_that_nobody_answers_are_told_at_the_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    old_bell(90)
    look = BellsLook("demo", Slot.Kind.SLOT)
    assert look(0) is None
    found = look(0)
    assert found is not None and found.message.startswith("The bells of demo.slots have rung for 90 s ")
    assert BellsLook("demo", Slot.Kind.LANE)(1) is None


def test_bells_wait_while_every_worker_works(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    old_bell(90)
    for slot in ("demo/slot-1", "demo/slot-2"):
        running(slot)
    assert BellsLook("demo", Slot.Kind.SLOT)(1) is None


def test_young_bells_are_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    old_bell(30)
    assert BellsLook("demo", Slot.Kind.SLOT)(1) is None
