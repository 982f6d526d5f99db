"""Who intervened in a batch: its own events and the stops that met it, without reading those of everybody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from control.history.interventions import interventions, stops_that_met
from control.lifecycle.safety.emergency import new_latch, record_emergency_stop
from control.models import Batch, ControlEvent
from tests.rows import ANNA, demo_station, queued, running


@pytest.fixture
def batch(db: None, monkeypatch: pytest.MonkeyPatch) -> Batch:
    demo_station(monkeypatch)
    return running().batch


def stop(scope: str) -> ControlEvent:
    return record_emergency_stop(new_latch(scope, by=ANNA), delivered=True)


def kinds(batch: Batch) -> list[str]:
    return [event.kind for event in interventions(batch, timezone.now())]


@pytest.mark.parametrize(("scope", "met"), [("demo/slot-1", 1), ("demo", 1), ("all", 1), ("demo/slot-2", 0)])
def test_stops_that_met_a_batch_are_those_of_its_slot_its_station_and_all(scope: str, met: int, batch: Batch) -> None:
    stop(scope)
    assert kinds(batch) == ["BATCH_START", *["EMERGENCY_STOP"] * met]


def test_a_stop_before_the_run_or_after_its_end_is_not_its_own(batch: Batch) -> None:
    stop("all")
    now = timezone.now()
    Batch.objects.filter(pk=batch.pk).update(started_at=now + timedelta(milliseconds=1), ended_at=now, state="STOPPED")
    stop("demo")
    batch.refresh_from_db()
    assert kinds(batch) == ["BATCH_START"]


def test_a_batch_that_waits_for_any_lane_is_met_by_those_of_its_station(batch: Batch) -> None:
    waiting = queued("step_loop", slot=None)
    stop("demo/slot-1")
    assert kinds(waiting) == ["BATCH_START"]
    stop("demo")
    assert kinds(waiting) == ["BATCH_START", "EMERGENCY_STOP"]


def plan(rows: QuerySet[ControlEvent]) -> str:
    """How the database finds rows. PostgreSQL reads small tables whole unless it is asked not to."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    return str(rows.explain())


def test_no_look_at_a_batch_reads_the_events_of_all_others(batch: Batch) -> None:
    now = timezone.now()
    looks = [stops_that_met(batch, now), interventions(batch, now).order_by("-pk")[:100]]
    assert [found for rows in looks for found in re.findall(r"SCAN.*|Seq Scan.*", plan(rows))] == []
