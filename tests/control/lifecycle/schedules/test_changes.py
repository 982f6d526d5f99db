"""Schedules are made, changed, removed and run by one function each, completely checked and on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from control.lifecycle.actor import Actor
from control.lifecycle.refusals import BadValue, NotFound, Refused, UnknownName, WrongState
from control.lifecycle.schedules.changes import (
    change_schedule,
    create_schedule,
    delete_schedule,
    enable_schedule,
    run_schedule_now,
)
from control.lifecycle.schedules.plan import Plan, plan_of
from control.lifecycle.steer import stop_batch
from control.lifecycle.submit import Order
from control.models import Batch, ControlEvent, Schedule
from stations.models import Slot, Station
from tests.rows import ANNA, demo_station

pytestmark = pytest.mark.django_db

RUN, BACKUP, PRUNE = Schedule.Action.RUN_SEQUENCE, Schedule.Action.BACKUP, Schedule.Action.PRUNE
SCRIPT = Actor("anna (nightly)", ControlEvent.Face.API)
NIGHTLY = Plan("nightly", RUN, order=Order("board_test", "demo/slot-1", subject="SN-1"), cron="0 2 * * *")
SAVE = Plan("save", BACKUP, cron="30 3 * * *")


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def changes() -> list[tuple[str, str]]:
    events = ControlEvent.objects.filter(kind=ControlEvent.Kind.SCHEDULE_CHANGE)
    return [(event.scope, event.details["change"]) for event in events]


def test_create_writes_a_schedule_that_waits_and_a_control_event() -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA, reason="burn-in")
    assert (schedule.station_id, schedule.zone_name, schedule.order["priority"]) == ("demo", "Asia/Seoul", "NORMAL")
    assert schedule.next_at.astimezone().utctimetuple()[3:5] == (17, 0)  # two at night in Seoul
    event = ControlEvent.objects.get()
    assert (event.kind, event.scope, event.by, event.reason) == ("SCHEDULE_CHANGE", "nightly", "anna", "burn-in")
    assert (event.details, event.before, event.after["cron"]) == ({"change": "created"}, {}, "0 2 * * *")


def test_plan_of_a_schedule_is_the_plan_that_made_it() -> None:
    made = [create_schedule(plan, by=ANNA) for plan in (NIGHTLY, SAVE)]
    assert plan_of(made[0]) == replace(NIGHTLY, station="demo")
    assert plan_of(made[1]) == replace(SAVE, station="demo", options={"keep_days": 7})


def test_create_disabled_waits_for_nothing() -> None:
    assert create_schedule(replace(NIGHTLY, enabled=False), by=ANNA).next_at is None


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        ({"name": " "}, BadValue, "Give the schedule a name."),
        ({"name": "x" * 101}, BadValue, "The name has 101 characters"),
        ({"name": "save"}, BadValue, "There is a schedule 'save' already. Choose another name."),
        ({"order": None}, BadValue, "Say which sequence to run."),
        ({"order": Order("bord_test")}, UnknownName, "There is no sequence 'bord_test'. Did you mean 'board_test'?"),
        ({"order": Order("board_test", "demo/slot-7")}, UnknownName, "There is no slot 'demo/slot-7'."),
        ({"order": Order("board_test", "demo/lane-1")}, BadValue, "Slot demo/lane-1 has no board"),
        ({"order": Order("board_test", parameters={"bogus": 1})}, BadValue, "There is no parameter 'bogus'."),
        ({"station": "demmo", "order": Order("step_loop")}, UnknownName, "There is no station 'demmo'."),
        ({"station": "other"}, BadValue, "Slot demo/slot-1 belongs to station demo"),
        ({"cron": "0 2 * *"}, BadValue, "A cron line has five fields"),
        ({"action": BACKUP}, BadValue, "'BACKUP' takes no 'order'."),
        ({"options": {"keep_days": 3}}, BadValue, "'RUN_SEQUENCE' takes no 'options'."),
        (
            {"action": BACKUP, "order": None, "options": {"keep": 3}},
            BadValue,
            "There is no option 'keep'. Known: keep_days.",
        ),
        (
            {"action": BACKUP, "order": None, "options": {"keep_days": 0}},
            BadValue,
            "'keep_days' takes a whole number of days from 1",
        ),
        (
            {"action": BACKUP, "order": None, "options": {"keep_days": True}},
            BadValue,
            "'keep_days' takes a whole number",
        ),
        ({"action": PRUNE, "order": None}, BadValue, "'older_than_days' takes a whole number of days from 1 to 36500."),
    ],
)
def test_create_refuses_in_one_sentence_and_writes_nothing(
    wrong: dict[str, Any], error: type[Refused], sentence: str
) -> None:
    create_schedule(SAVE, by=ANNA)
    with pytest.raises(error) as refused:
        create_schedule(replace(NIGHTLY, **wrong), by=ANNA)
    assert str(refused.value)[: len(sentence)] == sentence
    assert (Schedule.objects.count(), changes()) == (1, [("save", "created")])


def test_create_asks_whose_it_is_where_there_are_two_stations() -> None:
    Station.objects.create(pk="other", name="Other", time_zone="UTC", host="b", configuration_sha256="")
    with pytest.raises(BadValue, match="Say whose schedule it is"):
        create_schedule(SAVE, by=ANNA)
    assert create_schedule(NIGHTLY, by=ANNA).station_id == "demo"  # that of its slot


def test_create_for_a_slot_that_takes_nothing_now_is_fine() -> None:
    Slot.objects.update(latch={"id": "x", "by": "anna"})
    assert create_schedule(NIGHTLY, by=ANNA).enabled


@pytest.mark.parametrize("wrong", [{"cron": ""}, {"every_s": 60}, {"next_at": None}, {"cron": "", "every_s": 59}])
def test_no_row_can_have_two_timings_or_wait_for_nothing(wrong: dict[str, Any]) -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA)
    with pytest.raises(IntegrityError), transaction.atomic():
        Schedule.objects.filter(pk=schedule.pk).update(**wrong)


def test_change_records_before_and_after() -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA)
    change_schedule(schedule.pk, lambda plan: replace(plan, cron="0 3 * * *"), by=ANNA)
    event = ControlEvent.objects.latest("pk")
    assert (event.details, event.before["cron"], event.after["cron"]) == (
        {"change": "changed"},
        "0 2 * * *",
        "0 3 * * *",
    )


def test_change_moves_the_next_run_only_with_its_times() -> None:
    schedule = create_schedule(replace(NIGHTLY, cron="", every_s=3600), by=ANNA)
    Schedule.objects.update(next_at=schedule.next_at - timedelta(minutes=30))
    waits = Schedule.objects.get().next_at
    renamed = change_schedule(schedule.pk, lambda plan: replace(plan, name="daily"), by=ANNA)
    slower = change_schedule(schedule.pk, lambda plan: replace(plan, every_s=7200), by=ANNA)
    assert (renamed.next_at == waits, slower.next_at - waits > timedelta(hours=1)) == (True, True)


def test_change_of_nothing_leaves_no_record() -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA)
    change_schedule(schedule.pk, lambda plan: replace(plan, station=None), by=ANNA)
    assert changes() == [("nightly", "created")]


def test_change_of_the_zone_moves_the_next_run() -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA)
    changed = change_schedule(schedule.pk, lambda plan: replace(plan, time_zone="UTC"), by=ANNA)
    assert changed.next_at.hour == 2


def test_a_disabled_schedule_begins_anew_when_it_is_enabled() -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA)
    assert enable_schedule(schedule.pk, False, by=ANNA).next_at is None
    assert enable_schedule(schedule.pk, True, by=ANNA).next_at == schedule.next_at
    enable_schedule(schedule.pk, True, by=ANNA)
    assert changes() == [("nightly", change) for change in ("created", "disabled", "enabled")]


def test_a_schedule_whose_sequence_is_gone_can_still_be_disabled() -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA)
    Schedule.objects.update(order={**schedule.order, "sequence": "gone"})
    assert enable_schedule(schedule.pk, False, by=ANNA).enabled is False
    with pytest.raises(UnknownName):
        change_schedule(schedule.pk, lambda plan: replace(plan, name="daily"), by=ANNA)


def test_deleted_schedule_stays_on_record() -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA)
    delete_schedule(schedule.pk, by=ANNA)
    assert (Schedule.objects.count(), changes()[-1]) == (0, ("nightly", "deleted"))
    assert ControlEvent.objects.latest("pk").before["order"]["subject"] == "SN-1"


@pytest.mark.parametrize("verb", [delete_schedule, run_schedule_now])
def test_what_does_not_exist_is_not_found(verb: Any) -> None:
    with pytest.raises(NotFound, match="There is no schedule"):
        verb(UUID(int=1), by=ANNA)


@pytest.mark.parametrize(("by", "trigger"), [(ANNA, "MANUAL"), (SCRIPT, "API")])
def test_run_now_is_a_batch_of_whoever_asks(by: Actor, trigger: str) -> None:
    schedule = create_schedule(replace(NIGHTLY, enabled=False), by=ANNA)
    ran = run_schedule_now(schedule.pk, by=by)
    batch = Batch.objects.get()
    assert (batch.trigger, batch.submitted_by, batch.subject) == (trigger, by.name, "SN-1")
    assert (ran.last_batch, ran.last_result, ran.next_at) == (batch, f"Queued by {by.name}.", None)


def test_run_now_refuses_while_the_last_one_goes_on() -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA)
    batch = run_schedule_now(schedule.pk, by=ANNA).last_batch
    with pytest.raises(WrongState, match="has not ended yet"):
        run_schedule_now(schedule.pk, by=ANNA)
    stop_batch(batch.pk, by=ANNA)
    assert run_schedule_now(schedule.pk, by=ANNA).last_batch != batch


def test_run_now_of_a_latched_slot_is_refused_and_writes_nothing() -> None:
    schedule = create_schedule(NIGHTLY, by=ANNA)
    Slot.objects.update(latch={"id": "x", "by": "anna"})
    with pytest.raises(WrongState, match="demo/slot-1 is latched"):
        run_schedule_now(schedule.pk, by=ANNA)
    assert (Batch.objects.count(), Schedule.objects.get().last_at) == (0, None)


def test_run_now_of_a_backup_needs_the_station() -> None:
    schedule = create_schedule(SAVE, by=ANNA)
    with pytest.raises(WrongState, match="Station demo is not running"):
        run_schedule_now(schedule.pk, by=ANNA)


def test_run_now_of_a_backup_is_left_to_the_housekeeping() -> None:
    schedule = create_schedule(SAVE, by=ANNA)
    Station.objects.update(heartbeat_at=Now())
    asked = run_schedule_now(schedule.pk, by=ANNA)
    assert timezone.now() - asked.busy_since < timedelta(minutes=1)
    assert (asked.last_result, changes()[-1]) == ("Asked for by anna.", ("save", "run"))
