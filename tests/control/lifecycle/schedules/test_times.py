"""When schedules are due: also on the two days of a year on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate, repeat
from zoneinfo import ZoneInfo

import pytest

from control.lifecycle.refusals import BadValue
from control.lifecycle.schedules.times import COUNTED, Due, Timing, check_timing, look_at

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight before
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def times(cron: str, begin: datetime, count: int) -> list[str]:
    """The next times by the clocks of Berlin."""
    timing = Timing(cron, None, BERLIN)
    found = list(accumulate(repeat(begin, count + 1), lambda at, _: timing.after(at)))[1:]
    return [at.astimezone(BERLIN).strftime("%d. %H:%M %Z") for at in found]


@pytest.mark.parametrize(
    ("cron", "begin", "expected"),
    [
        ("30 2 * * *", SPRING, ["29. 03:00 CEST", "30. 02:30 CEST"]),
        ("30 2 * * *", AUTUMN, ["25. 02:30 CEST", "26. 02:30 CET"]),
        ("0 * * * *", SPRING + HOUR, ["29. 03:00 CEST", "29. 04:00 CEST"]),
        ("0 * * * *", AUTUMN + HOUR, ["25. 02:00 CEST", "25. 02:00 CET", "25. 03:00 CET"]),
        ("*/30 2 * * *", SPRING, ["30. 02:00 CEST"]),
        ("*/30 2 * * *", AUTUMN, ["25. 02:00 CEST", "25. 02:30 CEST", "25. 02:00 CET", "25. 02:30 CET"]),
        ("0 8 * * MON", AUTUMN, ["26. 08:00 CET"]),
    ],
)
def test_cron_on_the_days_when_clocks_change(cron: str, begin: datetime, expected: list[str]) -> None:
    assert times(cron, begin, len(expected)) == expected


def test_cron_looked_at_in_the_second_of_two_equal_hours_does_not_go_back() -> None:
    second_pass = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 CET; 02:30 CEST was an hour before
    assert times("30 2 * * *", second_pass, 1) == ["26. 02:30 CET"]


@pytest.mark.parametrize("begin", [SPRING, AUTUMN])
def test_interval_is_elapsed_time_whatever_clocks_do(begin: datetime) -> None:
    timing = Timing("", 3600, BERLIN)
    assert timing.after(timing.after(begin)) - begin == 2 * HOUR


def test_next_few_are_in_the_zone_of_the_schedule() -> None:
    found = Timing("0 8 * * *", None, ZoneInfo("Asia/Seoul")).next_few(datetime(2026, 6, 1, 23, tzinfo=UTC))
    assert [at.isoformat() for at in found] == [f"2026-06-0{day}T08:00:00+09:00" for day in (2, 3, 4)]


@pytest.mark.parametrize(
    ("late_s", "expected"),
    [
        (0, Due(NOON, 0, NOON + HOUR)),
        (59, Due(NOON, 0, NOON + HOUR)),
        (60, Due(None, 1, NOON + HOUR)),
        (3 * 3600, Due(NOON + 3 * HOUR, 3, NOON + 4 * HOUR)),
        (3 * 3600 + 60, Due(None, 4, NOON + 4 * HOUR)),
    ],
)
@pytest.mark.parametrize("timing", [Timing("0 * * * *", None, BERLIN), Timing("", 3600, BERLIN)], ids=["cron", "every"])
def test_what_is_late_by_a_minute_is_missed_and_never_caught_up(timing: Timing, late_s: int, expected: Due) -> None:
    assert look_at(timing, NOON, NOON + timedelta(seconds=late_s)) == expected


@pytest.mark.parametrize("timing", [Timing("* * * * *", None, BERLIN), Timing("", 60, BERLIN)], ids=["cron", "every"])
def test_counting_of_missed_runs_ends_somewhere(timing: Timing) -> None:
    now = NOON + timedelta(days=365)
    due = look_at(timing, NOON, now)
    assert (due.missed, due.next_at > now, due.next_at - now <= MINUTE) == (COUNTED, True, True)


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"cron": "0 8 * *"}, "cron", "A cron line has five fields"),
        ({"cron": "0 0 8 * * *"}, "cron", "A cron line has five fields"),
        ({"cron": "60 8 * * *"}, "cron", "The minute in '60 8 * * *' cannot be read."),
        ({"cron": "0 24 * * *"}, "cron", "The hour in"),
        ({"cron": "0 0 30 2 *"}, "cron", "The day of the month in '0 0 30 2 *' cannot be read, or does not exist."),
        ({"cron": "0 0 * X *"}, "cron", "The month in"),
        ({"cron": "0 0 * * 8"}, "cron", "The day of the week in"),
        ({"cron": "0 0 * " + "1," * 50 + "1 *"}, "cron", "A cron line has five fields"),
        ({"cron": ""}, "cron", "Say when: either a cron line or an interval, not both."),
        ({"every_s": 60}, "cron", "Say when: either a cron line or an interval, not both."),
        ({"cron": "", "every_s": 59}, "every_s", "An interval takes from 60 to 31622400 seconds, it is 59."),
        ({"cron": "", "every_s": 10**12}, "every_s", "An interval takes from 60"),
        ({"time_zone": "Mars/Base"}, "time_zone", "There is no time zone 'Mars/Base'."),
        ({"time_zone": "../etc/passwd"}, "time_zone", "There is no time zone"),
        ({"time_zone": "Asia\0"}, "time_zone", "There is no time zone"),
    ],
)
def test_times_that_cannot_be_read_are_refused(given: dict[str, object], field: str, sentence: str) -> None:
    values = {"cron": "0 8 * * *", "every_s": None, "time_zone": "", **given}
    with pytest.raises(BadValue) as refused:
        check_timing(**values, of_station="Asia/Seoul")
    assert (refused.value.field, str(refused.value)[: len(sentence)]) == (field, sentence)


def test_times_are_those_of_the_station_unless_another_zone_is_named() -> None:
    zones = [check_timing("0 8 * * *", None, name, of_station="Asia/Seoul").zone for name in ("", "UTC")]
    assert [zone.key for zone in zones] == ["Asia/Seoul", "UTC"]
