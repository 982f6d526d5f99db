"""A due time is acted on once at most, and whatever does not happen is said."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from control.journal.kinds import ALERTS
from control.journal.read import read_after
from control.lifecycle.schedules.changes import change_schedule, create_schedule, enable_schedule
from control.lifecycle.schedules.firing import end_chore, fire_schedule, replan
from control.lifecycle.schedules.plan import Plan
from control.lifecycle.steer import stop_batch
from control.lifecycle.submit import Order
from control.models import Batch, ControlEvent, Schedule
from stations.models import Slot, Station
from tests.rows import ANNA, demo_station

HOURLY = Plan(
    "hourly", Schedule.Action.RUN_SEQUENCE, order=Order("board_test", "demo/slot-1", subject="SN-1"), every_s=3600
)
SAVE = Plan("save", Schedule.Action.BACKUP, cron="30 3 * * *")
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def station(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def waiting(plan: Plan = HOURLY) -> tuple[Schedule, datetime]:
    """A schedule, and when it is due."""
    schedule = create_schedule(plan, by=ANNA)
    return schedule, schedule.next_at


def now_of(schedule: Schedule) -> Schedule:
    return Schedule.objects.select_related("station").get(pk=schedule.pk)


def alerts() -> list[tuple[str, str, str]]:
    return [(line.level, line.data["name"], line.message) for line in read_after(ALERTS)]


def test_due_schedule_submits_its_order_as_itself(station: None) -> None:
    schedule, due = waiting()
    batch = fire_schedule(schedule, due)
    assert batch == Batch.objects.get()
    assert (batch.trigger, batch.submitted_by, batch.created_by) == ("SCHEDULED", "schedule hourly", None)
    event = ControlEvent.objects.get(batch=batch)
    assert (event.kind, event.face, event.reason[:7]) == ("BATCH_START", "SYSTEM", "due at ")
    fired = now_of(schedule)
    assert (fired.next_at, fired.last_due_at, fired.last_at) == (due + HOUR, due, due)
    assert (fired.last_batch, fired.last_result, fired.missed) == (batch, "Queued.", 0)


def test_due_time_is_acted_on_once_by_whoever_has_seen_it(station: None) -> None:
    schedule, due = waiting()
    seen = [now_of(schedule), now_of(schedule)]
    fired = [fire_schedule(one, due + SECOND) for one in seen]
    assert [batch is not None for batch in fired] == [True, False]
    assert (Batch.objects.count(), now_of(schedule).missed) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_due_time_is_acted_on_once_by_many_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    schedule, due = waiting()
    start = threading.Barrier(6)
    fired: list[Batch | None] = []

    def try_it() -> None:
        seen = now_of(schedule)
        start.wait()
        fired.append(fire_schedule(seen, due))
        connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(fired), [batch for batch in fired if batch], Batch.objects.count()) == (6, [Batch.objects.get()], 1)


def test_what_is_late_by_less_than_a_minute_runs(station: None) -> None:
    schedule, due = waiting()
    assert fire_schedule(schedule, due + 59 * SECOND) is not None
    assert (now_of(schedule).next_at, alerts()) == (due + HOUR, [])


def test_missed_runs_are_said_and_not_caught_up(station: None) -> None:
    schedule, due = waiting()
    assert fire_schedule(schedule, due + 2.5 * HOUR) is None
    missed = now_of(schedule)
    assert (missed.missed, missed.next_at, Batch.objects.count()) == (3, due + 3 * HOUR, 0)
    said = "Runs missed, as its station did not work at these times: 3. The next one is due at "
    assert missed.last_result[: len(said)] == said
    assert alerts() == [("WARNING", "hourly", missed.last_result)]


def test_a_run_that_is_just_due_after_missed_ones_still_runs(station: None) -> None:
    schedule, due = waiting()
    batch = fire_schedule(schedule, due + 2 * HOUR + SECOND)
    fired = now_of(schedule)
    assert (fired.missed, fired.last_batch, fired.last_result) == (2, batch, "Queued.")
    assert [level for level, *_ in alerts()] == ["WARNING"]


@pytest.mark.parametrize("spoil", ["latched", "gone"])
def test_refused_batch_is_said_and_the_schedule_goes_on(station: None, spoil: str) -> None:
    schedule, due = waiting()
    if spoil == "latched":
        Slot.objects.update(latch={"id": "x", "by": "anna"})
    else:
        Schedule.objects.update(order={**schedule.order, "sequence": "bord_test"})
    assert fire_schedule(schedule, due) is None
    refused = now_of(schedule)
    sentence = {"latched": "Slot demo/slot-1 is latched", "gone": "There is no sequence 'bord_test'."}[spoil]
    assert refused.last_result.startswith(f"Refused: {sentence}")
    assert (refused.enabled, refused.next_at, refused.last_batch) == (True, due + HOUR, None)
    assert alerts() == [("ERROR", "hourly", refused.last_result)]


def test_a_second_batch_is_never_queued_while_the_last_one_is_live(station: None) -> None:
    schedule, due = waiting()
    batch = fire_schedule(schedule, due)
    assert fire_schedule(now_of(schedule), due + HOUR) is None
    skipped = now_of(schedule)
    assert skipped.last_result == "Skipped: what it started last has not ended yet."
    assert (skipped.next_at, skipped.last_batch, skipped.last_due_at) == (due + 2 * HOUR, batch, due + HOUR)
    stop_batch(batch.pk, by=ANNA)
    assert fire_schedule(now_of(schedule), due + 2 * HOUR) is not None


def test_what_is_submitted_is_the_order_as_it_is_now(station: None) -> None:
    schedule, due = waiting()
    seen = now_of(schedule)
    change_schedule(schedule.pk, lambda plan: replace(plan, order=Order("board_test", "demo/slot-2")), by=ANNA)
    batch = fire_schedule(seen, due)
    assert batch is not None and batch.slot_id == "demo/slot-2"


@pytest.mark.parametrize("how", ["disabled", "deleted", "other times"])
def test_what_was_changed_meanwhile_is_not_done(station: None, how: str) -> None:
    schedule, due = waiting()
    seen = now_of(schedule)
    if how == "disabled":
        enable_schedule(schedule.pk, False, by=ANNA)
    elif how == "deleted":
        schedule.delete()
    else:
        Schedule.objects.update(every_s=7200)
    assert (fire_schedule(seen, due), Batch.objects.count()) == (None, 0)


def test_backup_waits_for_the_housekeeping_to_begin_it(station: None) -> None:
    schedule, due = waiting(SAVE)
    assert fire_schedule(schedule, due) is None
    begun = now_of(schedule)
    assert (begun.busy_since, begun.last_result) == (due, "Begun.")
    fire_schedule(begun, begun.next_at)
    skipped = now_of(schedule)
    assert (skipped.busy_since, skipped.last_result[:8]) == (due, "Skipped:")


@pytest.mark.parametrize(
    ("ended", "result", "said"),
    [
        ({"said": "3 files"}, "Done. 3 files", []),
        ({}, "Done.", []),
        ({"failure": "disk full"}, "Failed: disk full", [("ERROR", "save", "Failed: disk full")]),
    ],
)
def test_end_of_a_backup_is_written_down(
    station: None, ended: dict[str, str], result: str, said: list[tuple[str, str, str]]
) -> None:
    schedule, due = waiting(SAVE)
    fire_schedule(schedule, due)
    end_chore(now_of(schedule), due + SECOND, **ended)
    assert (now_of(schedule).busy_since, now_of(schedule).last_result, alerts()) == (None, result, said)


def test_end_of_an_older_backup_changes_nothing(station: None) -> None:
    schedule, due = waiting(SAVE)
    fire_schedule(schedule, due)
    old = now_of(schedule)
    Schedule.objects.update(busy_since=due + HOUR)
    end_chore(old, due + SECOND, failure="killed")
    assert (now_of(schedule).busy_since, alerts()) == (due + HOUR, [])


def test_a_time_zone_that_is_gone_lets_a_schedule_rest(station: None) -> None:
    schedule, due = waiting(SAVE)
    Schedule.objects.update(time_zone="Mars/Base")
    assert fire_schedule(now_of(schedule), due) is None
    resting = now_of(schedule)
    assert (resting.enabled, resting.next_at) == (False, None)
    assert alerts() == [("ERROR", "save", resting.last_result)]
    assert resting.last_result.startswith("Disabled: There is no time zone 'Mars/Base'.")


def test_a_station_that_moved_to_another_zone_waits_for_the_right_time(station: None) -> None:
    schedule, due = waiting(SAVE)
    Station.objects.update(time_zone="UTC")
    replan(now_of(schedule), timezone.now())
    assert (now_of(schedule).next_at.hour, due.hour) == (3, 18)


def test_what_is_due_stays_due_whatever_the_zone(station: None) -> None:
    schedule, due = waiting(SAVE)
    replan(now_of(schedule), due + SECOND)
    assert now_of(schedule).next_at == due
