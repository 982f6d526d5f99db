"""What a station's housekeeping does with its schedules: each due time once at most, and nothing left unsaid."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from control.journal.append import Entry, alert
from control.journal.kinds import Kind
from control.lifecycle.actor import Actor
from control.lifecycle.refusals import Refused
from control.lifecycle.schedules.actions import CHORES, order_of, told_result
from control.lifecycle.schedules.changes import find_schedule, is_going_on
from control.lifecycle.schedules.times import COUNTED, Due, Timing, look_at, timing_of
from control.lifecycle.submit import submit_once
from control.models import Batch, ControlEvent, Schedule

log = logging.getLogger(__name__)


def fire_schedule(schedule: Schedule, now: datetime) -> Batch | None:
    """Do what became due until `now`. None when somebody else was first, or no batch came of it.

    Whoever moves `next_at` on does it, in the same transaction: never twice, whoever is killed. Effects, in order: the
    next time, an alert about what was missed, a batch or the wish for a chore, what came of it.
    """
    try:
        timing = timing_of(schedule)
        due = look_at(timing, schedule.next_at, now)
    except Refused as refusal:
        _rest(schedule, refusal)
        return None
    with transaction.atomic():
        # Also its times: `due` was read from them, and somebody may have changed them since.
        as_seen = {name: getattr(schedule, name) for name in ("next_at", "cron", "every_s", "time_zone")}
        mine = Schedule.objects.filter(pk=schedule.pk, **as_seen)
        if not mine.update(next_at=due.next_at, missed=F("missed") + due.missed):
            return None
        schedule = find_schedule(schedule.pk)
        if due.missed:
            _tell_missed(schedule, due, timing, now)
        return _begin(schedule, due.at, timing, now) if due.at is not None else None


def replan(schedule: Schedule, now: datetime) -> None:
    """Wait for the right time again, should the station's zone or its rules have changed. What is due stays due."""
    try:
        next_at = timing_of(schedule).after(now)
    except Refused:
        return  # said when it is due
    Schedule.objects.filter(pk=schedule.pk, next_at=schedule.next_at, next_at__gt=now).update(next_at=next_at)


def end_chore(schedule: Schedule, now: datetime, *, failure: str = "", said: str = "") -> None:
    """Write down how a backup or pruning ended; `failure` says why it did not succeed."""
    result = f"Failed: {failure}" if failure else f"Done. {said}".strip()
    with transaction.atomic():
        mine = Schedule.objects.filter(pk=schedule.pk, busy_since=schedule.busy_since)
        if mine.update(busy_since=None, last_result=result, last_at=now) and failure:
            _warn(schedule, result, "ERROR")


def _begin(schedule: Schedule, at: datetime, timing: Timing, now: datetime) -> Batch | None:
    news: dict[str, Any] = {"last_at": now, "last_due_at": at}
    batch = None
    if is_going_on(schedule):
        news["last_result"] = "Skipped: what it started last has not ended yet."
    elif schedule.action in CHORES:
        news |= {"busy_since": now, "last_result": "Begun."}
    else:
        batch, news["last_result"] = _submit(schedule, timing.clock(at))
        news |= {"last_batch": batch} if batch else {}
    Schedule.objects.filter(pk=schedule.pk).update(**news)
    log.info("a schedule was due", extra={"schedule": schedule.name, "result": news["last_result"]})
    return batch


def _submit(schedule: Schedule, when: str) -> tuple[Batch | None, str]:
    by = Actor(f"schedule {schedule.name}", ControlEvent.Face.SYSTEM)
    try:
        with transaction.atomic():
            answer = submit_once(order_of(schedule), by=by, trigger=Batch.Trigger.SCHEDULED, reason=f"due at {when}")
    except Refused as refusal:
        result = f"Refused: {refusal}"
        _warn(schedule, result, "ERROR")
        return None, result
    return answer.batch, told_result(answer, "Queued.")


def _tell_missed(schedule: Schedule, due: Due, timing: Timing, now: datetime) -> None:
    many = f"{due.missed} or more" if due.missed >= COUNTED else str(due.missed)
    following = timing.clock(due.at or due.next_at)
    result = f"Runs missed, as its station did not work at these times: {many}. The next one is due at {following}."
    Schedule.objects.filter(pk=schedule.pk).update(last_at=now, last_result=result)
    _warn(schedule, result, "WARNING")


def _rest(schedule: Schedule, refusal: Refused) -> None:
    """Nobody can tell any more when it is due: its time zone may be gone from this host."""
    result = f"Disabled: {refusal}"
    with transaction.atomic():
        mine = Schedule.objects.filter(pk=schedule.pk, next_at=schedule.next_at)
        if mine.update(enabled=False, next_at=None, last_result=result):
            _warn(schedule, result, "ERROR")


def _warn(schedule: Schedule, text: str, level: str) -> None:
    data = {"schedule": str(schedule.pk), "name": schedule.name}
    alert([Entry(Kind.LOG, text, level, data=data)])
    log.log(logging.getLevelNamesMapping()[level], text, extra={"schedule": schedule.name})
