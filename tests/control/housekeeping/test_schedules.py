"""Schedules as the housekeeping of a station works on them, turn by turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from control.housekeeping.schedules import CUT_OFF, ChoreRunner, fire_due_schedules
from control.journal.kinds import ALERTS
from control.journal.read import read_after
from control.lifecycle.schedules.changes import create_schedule
from control.lifecycle.schedules.plan import Plan
from control.lifecycle.submit import Order
from control.models import Batch, Schedule
from stations.models import Station
from tests.installations import wait_until
from tests.rows import ANNA, demo_station

pytestmark = pytest.mark.django_db
LOOP = Order("step_loop")


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def every_minute(name: str, station: str | None = None) -> Schedule:
    plan = Plan(name, Schedule.Action.RUN_SEQUENCE, order=LOOP, every_s=60, station=station)
    return create_schedule(plan, by=ANNA)


def chore(name: str, action: Schedule.Action, **more: Any) -> Schedule:
    return create_schedule(Plan(name, action, cron="0 3 * * *", **more), by=ANNA)


def due(*schedules: Schedule) -> datetime:
    return max(schedule.next_at for schedule in schedules)


def test_nothing_due_asks_the_database_once(django_assert_num_queries: Callable[[int], Any]) -> None:
    every_minute("later")
    with django_assert_num_queries(1):
        assert fire_due_schedules("demo", timezone.now()) == []


def test_what_is_due_is_found_by_its_index() -> None:
    with CaptureQueriesContext(connection) as asked:
        fire_due_schedules("demo", timezone.now())
    explained = connection.cursor()
    if connection.vendor == "postgresql":  # with a handful of rows it would rather read them all
        explained.execute("SET LOCAL enable_seqscan = off")
    prefix = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    explained.execute(prefix + asked[0]["sql"])
    assert any("schedule_due" in str(row) for row in explained.fetchall())


def test_all_that_is_due_is_fired_and_nothing_else() -> None:
    first, second = every_minute("first"), every_minute("second")
    Station.objects.create(pk="other", name="Other", time_zone="UTC", host="b", configuration_sha256="")
    every_minute("elsewhere", station="other")
    batches = fire_due_schedules("demo", due(first, second))
    assert [batch.submitted_by for batch in batches] == ["schedule first", "schedule second"]
    assert fire_due_schedules("demo", due(first, second)) == []


def test_a_spoiled_schedule_does_not_stop_the_others() -> None:
    spoiled, sound = every_minute("spoiled"), every_minute("sound")
    Schedule.objects.filter(pk=spoiled.pk).update(order={})
    assert fire_due_schedules("demo", due(spoiled, sound)) == [Batch.objects.get()]


def turns_until(runner: ChoreRunner, schedule: Schedule) -> Schedule:
    """Let the housekeeping turn until a chore has ended."""

    def ended() -> Schedule | None:
        runner.turn()
        return Schedule.objects.filter(pk=schedule.pk, busy_since=None).first()

    return wait_until(ended, 60, "the end of a chore")


def test_chores_run_one_after_the_other_and_say_why_they_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    first = chore("first", Schedule.Action.BACKUP)
    second = chore("second", Schedule.Action.PRUNE, options={"older_than_days": 30})
    monkeypatch.setenv("GWANJE_PORT", "none")  # so that no command can do anything
    runner = ChoreRunner("demo")
    runner.turn()
    fire_due_schedules("demo", due(first, second))
    runner.turn()
    assert [row.busy_since is None for row in Schedule.objects.all()] == [False, False]
    results = [turns_until(runner, one).last_result for one in (first, second)]
    assert [result[:8] for result in results] == ["Failed: "] * 2
    assert [result.count("GWANJE_PORT") for result in results] == [1, 1]
    assert [(line.level, line.data["name"]) for line in read_after(ALERTS)] == [("ERROR", "first"), ("ERROR", "second")]


def test_what_a_dead_housekeeping_had_begun_is_said_to_be_cut_off() -> None:
    chore("save", Schedule.Action.BACKUP)
    Schedule.objects.update(busy_since=timezone.now())
    ChoreRunner("demo").turn()
    assert Schedule.objects.get().last_result == f"Failed: {CUT_OFF}"
    assert (Schedule.objects.get().busy_since, len(read_after(ALERTS))) == (None, 1)


def test_what_became_due_as_a_housekeeping_began_only_waits() -> None:
    schedule = chore("save", Schedule.Action.BACKUP)
    runner = ChoreRunner("demo")
    fire_due_schedules("demo", due(schedule))
    runner.turn()
    assert (Schedule.objects.get().busy_since is None, Schedule.objects.get().last_result) == (False, "Begun.")


def test_a_housekeeping_that_begins_plans_anew_for_a_station_that_moved() -> None:
    schedule = chore("save", Schedule.Action.BACKUP)
    Station.objects.update(time_zone="UTC")
    ChoreRunner("demo").turn()
    assert Schedule.objects.get().next_at - schedule.next_at in (timedelta(hours=9), timedelta(hours=-15))
