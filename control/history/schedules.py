"""What is told of schedules, under the names of the API."""

from __future__ import annotations

from datetime import UTC, datetime

from control.history.facts import Facts, iso
from control.lifecycle.refusals import BadValue
from control.lifecycle.schedules.actions import CHORES
from control.lifecycle.schedules.changes import is_going_on
from control.lifecycle.schedules.times import timing_of
from control.models import Schedule


def schedule_facts(schedule: Schedule) -> Facts:
    """A schedule with its station, last batch and author, which must have been fetched with it."""
    return {
        "id": str(schedule.pk),
        "name": schedule.name,
        "enabled": schedule.enabled,
        "station": schedule.station_id,
        "action": schedule.action,
        "order": None if schedule.action in CHORES else schedule.order,
        "options": schedule.options,
        "cron": schedule.cron,
        "every_s": schedule.every_s,
        "time_zone": schedule.zone_name,
        "next_at": iso(schedule.next_at),
        "next_times": [iso(at.astimezone(UTC)) for at in next_times(schedule)],
        "going_on": is_going_on(schedule),
        "last_at": iso(schedule.last_at),
        "last_due_at": iso(schedule.last_due_at),
        "last_result": schedule.last_result,
        "last_batch": str(schedule.last_batch_id) if schedule.last_batch_id else None,
        "missed": schedule.missed,
        "created_by": schedule.created_by.get_username() if schedule.created_by else "",
        "created_at": iso(schedule.created_at),
    }


def next_times(schedule: Schedule) -> list[datetime]:
    """The next few times in the schedule's zone; none while it rests."""
    if schedule.next_at is None:
        return []
    try:
        return timing_of(schedule).next_few(schedule.next_at)
    except BadValue:  # its time zone is gone from this host; said when it is due
        return []
