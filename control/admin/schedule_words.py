"""What a schedule does and when, in words for people."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from control.admin.cells import EMPTY
from control.history.schedules import next_times
from control.lifecycle.schedules.actions import CHORES
from control.models import Schedule

CLOCK = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7]|[a-z]{3})", re.IGNORECASE)
EVERY_MINUTES = re.compile(r"\*/(\d{1,2}) \* \* \* \*")
HOURLY = re.compile(r"(\d{1,2}) \* \* \* \*")
DAYS = [name.lower() for name in calendar.day_abbr]


def what_of(schedule: Schedule) -> str:
    if schedule.action in CHORES:
        days = next(iter(schedule.options.values()), 0)
        return f"{schedule.get_action_display()} ({_days_of(schedule.action, days)})"
    return " · ".join(filter(None, [schedule.order.get("sequence"), schedule.order.get("slot")]))


def _days_of(action: str, days: int) -> str:
    if action == Schedule.Action.BACKUP:
        return ngettext("kept for %(days)s day", "kept for %(days)s days", days) % {"days": days}
    return ngettext("older than %(days)s day", "older than %(days)s days", days) % {"days": days}


def when_of(schedule: Schedule) -> str:
    """The usual cron lines in words, the others as they are."""
    cron = schedule.cron
    if schedule.every_s is not None:
        return _every(schedule.every_s)
    if cron == "* * * * *":
        return _every(60)
    if (match := EVERY_MINUTES.fullmatch(cron)) and int(match[1]) and 60 % int(match[1]) == 0:
        return _every(60 * int(match[1]))
    if match := HOURLY.fullmatch(cron):
        return _("Every hour at minute %(minute)s") % {"minute": int(match[1])}
    if match := CLOCK.fullmatch(cron):
        at = f"{int(match[2]):02}:{int(match[1]):02}"
        if match[3] == "*":
            return _("Every day at %(time)s") % {"time": at}
        return _("Every week, %(day)s at %(time)s") % {"day": WEEKDAYS[_weekday(match[3])], "time": at}
    return cron


def _every(seconds: int) -> str:
    if seconds % 86_400 == 0:
        days = seconds // 86_400
        return ngettext("Every %(count)s day", "Every %(count)s days", days) % {"count": days}
    if seconds % 3_600 == 0:
        hours = seconds // 3_600
        return ngettext("Every %(count)s hour", "Every %(count)s hours", hours) % {"count": hours}
    if seconds % 60 == 0:
        minutes = seconds // 60
        return ngettext("Every %(count)s minute", "Every %(count)s minutes", minutes) % {"count": minutes}
    return ngettext("Every %(count)s second", "Every %(count)s seconds", seconds) % {"count": seconds}


def _weekday(name: str) -> int:
    """0 for Monday; cron begins with Sunday, and calls it 0 and 7."""
    return (int(name) + 6) % 7 if name.isdigit() else DAYS.index(name.lower())


def next_run_of(schedule: Schedule) -> Any:
    """In the schedule's own zone, and how long until then."""
    times = next_times(schedule)
    if not times:
        return EMPTY
    return format_html("{} <small>{}</small>", clock(times[0]), in_how_long(times[0]))


def next_runs_of(schedule: Schedule) -> Any:
    """The next three times, for whoever wants to see whether it means what he thinks."""
    times = next_times(schedule)
    if not times:
        return EMPTY
    return format_html("{} · {} · {} ({})", *map(clock, times), schedule.zone_name)


def clock(at: datetime) -> Any:
    return format_html(
        '<time datetime="{}" class="whitespace-nowrap">{}</time>', at.isoformat(), at.strftime("%Y-%m-%d %H:%M:%S")
    )


def in_how_long(at: datetime) -> str:
    if at < timezone.now() + timedelta(minutes=1):
        return _("in less than a minute")
    return _("in %(time)s") % {"time": timeuntil(at, depth=1)}
