"""Backups that are missing, old or failed; schedules that do not do what they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from control.management.doctor.upkeep import look_at_backups, look_at_recorded_backups, look_at_schedules
from control.models import ControlEvent, Schedule
from stations.models import Station
from stations.safety.durable import write_json
from tests.control.management.doctor.told import levels
from tests.rows import demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture
def backups() -> Iterator[None]:
    folder = settings.DATA_DIR / "backups"
    folder.mkdir(exist_ok=True)
    yield
    for archive in folder.iterdir():
        archive.unlink()


@pytest.fixture
def station(monkeypatch: pytest.MonkeyPatch) -> Station:
    return demo_station(monkeypatch)


def archive(days_ago: float) -> None:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    (settings.DATA_DIR / "backups" / f"gwanje-{at:%Y%m%d-%H%M%S}.tar.gz").touch()


def test_no_backup_needs_attention(backups: None):
    (settings.DATA_DIR / "backups" / "gwanje-mine.tar.gz").touch()
    assert levels(look_at_backups()) == ["attention"]


@pytest.mark.parametrize(("days_ago", "level"), [(0.1, "ok"), (6.9, "ok"), (8, "attention")])
def test_newest_backup_counts(backups: None, days_ago: float, level: str):
    archive(30)
    archive(days_ago)
    assert levels(look_at_backups()) == [level]


def test_backup_that_failed_is_told_until_one_succeeds():
    record = {"kind": "BACKUP", "by": "anna", "face": "COMMAND", "requested_at": timezone.now()}
    ControlEvent.objects.create(**record, after={"result": "failed", "why": "No space left on device"})
    (found,) = look_at_recorded_backups()
    assert found.text.endswith("failed: No space left on device")
    ControlEvent.objects.create(**record, after={"result": "ok"})
    assert levels(look_at_recorded_backups()) == []


def test_a_restore_is_no_backup_that_failed():
    record = {"kind": "BACKUP", "by": "anna", "face": "COMMAND", "requested_at": timezone.now()}
    ControlEvent.objects.create(**record, after={"result": "restored"})
    assert levels(look_at_recorded_backups()) == []


def test_restore_that_was_cut_off_is_told(backups: None):
    archive(1)
    unfinished = settings.STATION_PATHS.unfinished_restore
    write_json(unfinished, "/backups/gwanje.tar.gz")
    try:
        found, _newest = look_at_backups()
    finally:
        unfinished.unlink()
    assert (found.level, found.remedy) == ("wrong", "Run it again: manage.py restore /backups/gwanje.tar.gz")


def schedule(station: Station, **changes: object) -> None:
    soon = timezone.now() + timedelta(hours=1)
    known = {"name": "nightly", "action": "BACKUP", "cron": "0 2 * * *", "next_at": soon, "last_result": "Done."}
    Schedule.objects.create(station=station, **known | changes)


def test_schedule_that_works_is_good(station: Station):
    schedule(station)
    (found,) = look_at_schedules()
    assert (found.level, found.text) == ("ok", "1 enabled, none of them failing")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"last_result": "Failed: the disk is full"}, "'nightly': Failed: the disk is full"),
        ({"next_at": datetime(2026, 1, 5, 2, tzinfo=UTC)}, "'nightly' was due at 2026-01-05 02:00 UTC"),
        ({"busy_since": datetime(2026, 1, 5, 2, tzinfo=UTC)}, "'nightly' has gone on since 2026-01-05 02:00 UTC."),
    ],
)
def test_schedule_that_does_not_is_told(station: Station, changes: dict[str, object], text: str):
    schedule(station, **changes)
    (found,) = look_at_schedules()
    assert (found.level, found.text[: len(text)]) == ("attention", text)
