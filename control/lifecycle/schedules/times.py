"""When a schedule is due: a cron line in a time zone, or a plain interval."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.lifecycle.refusals import BadValue
from control.models.schedule import SHORTEST_INTERVAL_S, Schedule

LONGEST_INTERVAL_S = 366 * 24 * 3600
LONGEST_CRON = 100
# What is late by less still happens; what is later has been missed.
LATE = timedelta(seconds=60)
COUNTED = 10_000  # missed runs: a minute's schedule passes this after a week, and nobody needs the exact number
SHOWN = 3

# What the library says of a field that it cannot read.
UNREADABLE = {
    "Bad minute": gettext_noop("The minute in '%(cron)s' cannot be read."),
    "Bad hour": gettext_noop("The hour in '%(cron)s' cannot be read."),
    "Bad day-of-month": gettext_noop("The day of the month in '%(cron)s' cannot be read, or does not exist."),
    "Bad month": gettext_noop("The month in '%(cron)s' cannot be read."),
    "Bad day-of-week": gettext_noop("The day of the week in '%(cron)s' cannot be read."),
}
FIVE_FIELDS = gettext_noop(
    "A cron line has five fields: minute, hour, day of the month, month, day of the week. "
    "0 8 * * * is every day at 08:00."
)


@dataclass(frozen=True)
class Timing:
    """`cron` in `zone`, or every so many seconds."""

    cron: str
    every_s: int | None
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        """The next time, later than `moment`, in UTC. Raises BadValue for a cron line that has none.

        An interval is elapsed time. A cron line that names both hour and minute is due once on each of its days: at
        the end of the gap when clocks jump over it, the first time when they come by twice. Any other is due whenever
        the clock shows what it names.
        """
        if self.every_s is not None:
            return moment + timedelta(seconds=self.every_s)
        for at in self._clock(moment):
            # Where clocks come by twice, the library may begin with the first time although we are in the second.
            if at > moment:
                return at.astimezone(UTC)
        raise BadValue(_("No day has the date of '%(cron)s'.") % {"cron": self.cron}, field="cron")

    def next_few(self, first: datetime) -> list[datetime]:
        """`first` and what follows it, each in the schedule's zone."""
        times = [first]
        while len(times) < SHOWN:
            times.append(self.after(times[-1]))
        return [at.astimezone(self.zone) for at in times]

    def clock(self, at: datetime) -> str:
        """A moment as the schedule's zone calls it, for records."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z}"

    def _clock(self, moment: datetime) -> CronSim:
        try:
            return CronSim(self.cron, moment.astimezone(self.zone))
        except CronSimError as error:
            sentence = UNREADABLE.get(str(error), FIVE_FIELDS)
            raise BadValue(_(sentence) % {"cron": self.cron}, field="cron") from error


@dataclass(frozen=True)
class Due:
    """What has to happen now: `at` is the time to run for, None when there is nothing to run."""

    at: datetime | None
    missed: int
    next_at: datetime


def look_at(timing: Timing, next_at: datetime, now: datetime) -> Due:
    """What became due since somebody looked last. `next_at` is not later than `now`."""
    missed = 0
    while next_at <= now - LATE and missed < COUNTED:
        missed += 1
        next_at = timing.after(next_at)
    if next_at <= now - LATE:
        next_at = timing.after(now - LATE)
    if next_at <= now:
        return Due(next_at, missed, timing.after(next_at))
    return Due(None, missed, next_at)


def timing_of(schedule: Schedule) -> Timing:
    """Raises BadValue when this host no longer knows its time zone."""
    return Timing(schedule.cron, schedule.every_s, _zone(schedule.zone_name))


def first_time(timing: Timing) -> datetime:
    """When something that begins now is due for the first time, to the second."""
    return timing.after(timezone.now().replace(microsecond=0))


def check_timing(cron: str, every_s: int | None, time_zone: str, *, of_station: str) -> Timing:
    """Return when it will be due; `of_station` is the zone that counts when none is given. Raises BadValue."""
    if bool(cron) == (every_s is not None):
        raise BadValue(_("Say when: either a cron line or an interval, not both."), field="cron")
    if every_s is not None and not SHORTEST_INTERVAL_S <= every_s <= LONGEST_INTERVAL_S:
        raise BadValue(
            _("An interval takes from %(shortest)d to %(longest)d seconds, it is %(given)d.")
            % {"shortest": SHORTEST_INTERVAL_S, "longest": LONGEST_INTERVAL_S, "given": every_s},
            field="every_s",
        )
    if cron and (len(cron.split()) != 5 or len(cron) > LONGEST_CRON):
        raise BadValue(_(FIVE_FIELDS), field="cron")
    timing = Timing(cron, every_s, _zone(time_zone or of_station))
    timing.after(timezone.now())
    return timing


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        sentence = _("There is no time zone '%(name)s'. It takes a name such as Asia/Seoul.") % {"name": name[:60]}
        raise BadValue(sentence, field="time_zone") from error
