"""Batches that do not move, stories that nobody read, wishes that nobody delivered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ

from control.lifecycle.safety.emergency import new_latch, record_emergency_stop
from control.management.doctor.batches import (
    look_at_running_batches,
    look_at_slots,
    look_at_spools,
    look_at_waiting_batches,
    look_at_wishes,
)
from control.models import Batch, ControlEvent, Stream
from stations.models import Slot, Station
from tests.control.hosts import this_host_has
from tests.control.management.doctor.told import levels
from tests.rows import ANNA, OUT, demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    demo_station(monkeypatch)
    settings.STATION_PATHS.prepare()
    yield
    for spool in settings.STATION_PATHS.spools.glob("*"):
        spool.unlink()


def hours_ago(hours: float) -> object:
    return timezone.now() - timedelta(hours=hours)


def test_waiting_for_a_moment_is_no_trouble():
    queued()
    assert levels(look_at_waiting_batches()) == ["ok"]


def test_waiting_for_hours_is_told_with_the_reason():
    Batch.objects.filter(pk=queued(name="Night run").pk).update(created_at=hours_ago(2))
    Slot.objects.filter(pk="demo/slot-1").update(taken_out=OUT)
    (found,) = look_at_waiting_batches()
    assert (found.level, found.text[:55]) == ("attention", "1 of 1 have waited for more than an hour, first 'Night ")
    assert found.remedy == "demo/slot-1 is out of service (kim: new cables). Bring it back, or stop the batch."


def test_bells_that_nobody_answers_are_wrong():
    Station.objects.update(heartbeat_at=timezone.now())
    OrmQ.objects.create(key="demo.slots", payload="x", lock=hours_ago(1))
    assert levels(look_at_waiting_batches()) == ["wrong", "ok"]


def test_running_batch_of_a_station_that_does_not_run_is_told():
    batch = running(name="Morning").batch
    assert levels(look_at_running_batches()) == ["ok"]  # of another host
    with this_host_has("demo/slot-1"):
        settings.STATION_PATHS.warden_config.write_text('{"station": "demo", "slots": []}')
        first, _ = look_at_running_batches()
    text = f"'Morning' ({batch.pk}): shown as running, but no station runs here."
    assert (first.level, first.text) == ("attention", text)


def test_story_that_is_read_to_its_end_is_good():
    stream = running()
    settings.STATION_PATHS.spool(str(stream.batch_id)).write_bytes(b"x" * 100)
    Stream.objects.filter(pk=stream.pk).update(spool_offset=100)
    assert levels(look_at_spools()) == ["ok"]


def test_end_of_a_story_that_nobody_read_is_told_in_bytes():
    stream = running()
    settings.STATION_PATHS.spool(str(stream.batch_id)).write_bytes(b"x" * 100)
    Batch.objects.update(state="CRASHED", ended_at=timezone.now())
    (found,) = look_at_spools()
    assert found.text == f"100 bytes of batches that have ended were never read: {stream.batch_id}."


def test_story_of_another_database_is_told():
    settings.STATION_PATHS.spool(str(uuid4())).write_bytes(b"x")
    assert levels(look_at_spools()) == ["attention"]


def test_wish_that_was_not_delivered_is_told():
    stream = running()
    wish = {"kind": "BATCH_PAUSE", "batch": stream.batch, "by": "anna", "face": "PAGE"}
    ControlEvent.objects.create(**wish, requested_at=timezone.now())
    assert levels(look_at_wishes()) == ["ok"]
    ControlEvent.objects.create(**wish, requested_at=hours_ago(1))
    assert levels(look_at_wishes()) == ["attention"]


def test_emergency_stop_that_reached_nobody_is_told():
    record_emergency_stop(new_latch("demo", by=ANNA), delivered=False)
    ControlEvent.objects.update(requested_at=hours_ago(1))
    assert levels(look_at_wishes()) == ["attention"]


def test_slots_that_take_no_work_are_told_with_the_way_out():
    assert levels(look_at_slots()) == ["ok"]
    Slot.objects.filter(pk="demo/slot-1").update(safe=False)
    record_emergency_stop(new_latch("demo/slot-2", by=ANNA), delivered=True)
    unsafe, latched = look_at_slots()
    assert (unsafe.level, latched.level) == ("wrong", "attention")
    assert latched.remedy == 'When it is safe: manage.py reset --slot demo/slot-2 --reason "…"'
