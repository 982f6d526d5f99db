"""What the overview shows, and what it costs, twice a second, to look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from control.history.facts import PROVENANCE, iso
from control.history.overview import read_overview
from control.history.slots import read_slots
from control.models import Batch
from stations.models import Station
from tests.rows import demo_station, queued, running


@pytest.fixture(autouse=True)
def station(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def one_of_each(name: str, slot: str) -> None:
    ended = queued(name=f"{name} ended", slot=slot)
    Batch.objects.filter(pk=ended.pk).update(state="STOPPED", ended_at=timezone.now())
    running(name=f"{name} running", slot=slot)
    queued(name=f"{name} waiting", slot=slot)


def asked() -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        read_overview(timezone.now())
    return [query["sql"] for query in queries]


def test_overview_takes_eleven_queries_however_much_there_is() -> None:
    one_of_each("one", "demo/slot-1")
    few = asked()
    one_of_each("other", "demo/slot-2")
    assert (len(few), len(asked())) == (11, 11)


def test_overview_leaves_what_a_run_used_in_the_database() -> None:
    one_of_each("one", "demo/slot-1")
    assert [sql for sql in asked() for name in PROVENANCE if f'"control_batch"."{name}"' in sql] == []


def test_what_runs_comes_before_what_waits_and_the_urgent_before_the_rest() -> None:
    late, soon = queued(name="late"), queued(name="soon", priority=Batch.Priority.HIGH)
    first = running("demo/slot-2").batch
    rows = read_overview(timezone.now())["live"]
    assert [row["id"] for row in rows] == [str(batch.pk) for batch in (first, soon, late)]


def test_slots_tell_what_runs_and_how_many_wait() -> None:
    batch = running(name="Morning").batch
    queued()
    slots = {slot["id"]: (slot["state"], slot["batch"], slot["waiting"]) for slot in read_slots(kind="SLOT")}
    assert slots == {"demo/slot-1": ("BUSY", str(batch.pk), 1), "demo/slot-2": ("IDLE", None, 0)}


@pytest.mark.parametrize(("seconds_ago", "alive", "lost"), [(1, True, False), (60, False, True), (None, False, False)])
def test_slots_tell_since_when_contact_is_lost(seconds_ago: int | None, alive: bool, lost: bool) -> None:
    beat = None if seconds_ago is None else timezone.now() - timedelta(seconds=seconds_ago)
    Station.objects.update(heartbeat_at=beat)
    told = {(slot["alive"], slot["lost_contact_since"]) for slot in read_slots()}
    assert told == {(alive, iso(beat) if lost else None)}


def test_a_manual_session_counts_as_nothing_that_passed() -> None:
    for name, sequence in (("a board", "board_test"), ("by hand", "manual_control")):
        done = queued(name=name)
        now = timezone.now()
        ended = {"state": "COMPLETED", "outcome": "NONE", "started_at": now, "ended_at": now, "sequence": sequence}
        Batch.objects.filter(pk=done.pk).update(**ended)
    assert read_overview(timezone.now())["counts"] == {"running": 0, "queued": 0, "passed_today": 1, "other_today": 0}
