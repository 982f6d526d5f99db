"""What is done for the day on which something is lost: backups, and what runs by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models.functions import Now

from control.archive.naming import made_at
from control.management.doctor.finding import Finding, attention, good, wrong
from control.models import ControlEvent, Schedule
from stations.safety.durable import read_json

OLD = timedelta(days=7)
HOW = "Make one, also while everything works: manage.py backup. docs/operations.md tells how to do it every night."
# How the last result of a schedule begins when it did not do what it should (control/lifecycle/schedules/firing.py).
BAD_RESULTS = ("Failed:", "Refused:", "Disabled:", "Runs missed")
LATE = timedelta(minutes=2)
GOES_ON_TOO_LONG = timedelta(hours=12)


def look_at_backups() -> Iterator[Finding]:
    """A restore that was cut off, and the newest archive in the usual place."""
    if (cut_off := read_json(settings.STATION_PATHS.unfinished_restore)) is not None:
        text = f"The restore of {cut_off} was cut off, and until it is done nothing starts here."
        yield wrong(text, f"Run it again: manage.py restore {cut_off}")
    folder = settings.DATA_DIR / "backups"
    archives = [(at, str(path)) for path in folder.glob("gwanje-*.tar.gz") if (at := made_at(path)) is not None]
    yield from _look_at_newest(max(archives, default=None), str(folder))


def look_at_recorded_backups() -> Iterator[Finding]:
    """Whether the last one succeeded. A restore has the same kind, and is none."""
    backups = ControlEvent.objects.filter(kind=ControlEvent.Kind.BACKUP, after__result__in=("ok", "failed"))
    last = backups.order_by("-pk").first()
    if last is not None and last.after["result"] == "failed":
        at, why = f"{last.requested_at:%Y-%m-%d %H:%M} UTC", last.after.get("why", "it says no more")
        yield attention(f"The last backup, at {at}, failed: {why}", HOW)


def _look_at_newest(newest: tuple[datetime, str] | None, folder: str) -> Iterator[Finding]:
    if newest is None:
        yield attention(f"There is no backup in {folder}.", HOW)
        return
    at, name = newest
    age = datetime.now(UTC) - at
    text = f"{name} is {age.days} days old" if age.days > 1 else f"{name} is {age.total_seconds() / 3600:.0f} hours old"
    yield attention(f"The newest backup {text}.", HOW) if age > OLD else good(text)


def look_at_schedules() -> Iterator[Finding]:
    """Schedules that did not do what they should, are late, or do not come to an end."""
    enabled = Schedule.objects.filter(enabled=True)
    bad = [schedule for schedule in Schedule.objects.all() if schedule.last_result.startswith(BAD_RESULTS)]
    late = list(enabled.filter(next_at__lt=Now() - LATE).select_related("station"))
    stuck = list(Schedule.objects.filter(busy_since__lt=Now() - GOES_ON_TOO_LONG))
    for schedule in bad:
        yield attention(f"'{schedule.name}': {schedule.last_result}", "See the schedule in the admin.")
    for schedule in late:
        text = f"'{schedule.name}' was due at {schedule.next_at:%Y-%m-%d %H:%M} UTC and nobody has begun it."
        yield attention(text, f"Only {schedule.station.host} does it, while '{schedule.station_id}' runs there.")
    for schedule in stuck:
        text = f"'{schedule.name}' has gone on since {schedule.busy_since:%Y-%m-%d %H:%M} UTC."
        yield attention(text, "See the log of the housekeeping on its host, and the room on its disk.")
    if not (bad or late or stuck):
        yield good(f"{enabled.count()} enabled, none of them failing")
