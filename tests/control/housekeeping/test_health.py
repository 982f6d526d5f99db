"""The health of instruments in the rows, without a storm of writes, and calibrations past due."""

from __future__ import annotations

import time
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from control.housekeeping.health import note_health, tell_calibrations_due
from control.journal.kinds import ALERTS
from control.metrics.calibration import is_overdue
from control.models import Event
from stations.contracts import InstrumentHealth
from stations.models import Instrument, Slot
from tests.rows import demo_station

pytestmark = pytest.mark.django_db

SLOT, SUPPLY = "demo/slot-1", "demo/supply-1"


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def found(error: str | None = None, *, present: bool = True, at: float | None = None) -> dict[str, InstrumentHealth]:
    moment = time.time() if at is None else at
    one = InstrumentHealth(present=present, identity="A,B,1", error=error, took_ms=1.5, at=moment)
    return {"supply-1": one}


def note(health: dict[str, InstrumentHealth]) -> int:
    """How many writes it took."""
    slot = Slot.objects.get(pk=SLOT)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        note_health(slot, health)
    return sum(query["sql"].startswith("UPDATE") for query in queries.captured_queries)


def test_first_answer_is_written_and_then_every_ten_seconds() -> None:
    at = time.time()
    assert [note(found(at=at + later)) for later in (0, 2, 9, 10, 12, 21)] == [1, 0, 0, 1, 0, 1]
    row = Instrument.objects.get(pk=SUPPLY)
    assert (row.present, row.identity, row.problem, row.response_ms) == (True, "A,B,1", "", 1.5)
    assert row.last_answer_at is not None and row.last_answer_at.timestamp() == pytest.approx(at + 21)


def test_lost_instrument_is_written_at_once_and_keeps_its_last_answer() -> None:
    at = time.time()
    note(found(at=at))
    assert note(found("It is gone.", present=False, at=at + 2)) > 0
    row, slot = Instrument.objects.get(pk=SUPPLY), Slot.objects.get(pk=SLOT)
    assert (row.present, row.problem, row.identity, row.response_ms) == (False, "It is gone.", "A,B,1", 1.5)
    assert row.last_answer_at is not None and row.last_answer_at.timestamp() == pytest.approx(at)
    assert (slot.in_service, slot.health_problem["instruments"]) == (False, {"supply-1": "It is gone."})
    assert note(found("It is gone.", present=False, at=at + 60)) == 0
    note(found(at=at + 62))
    assert Slot.objects.get(pk=SLOT).in_service is True


def test_calibration_past_due_is_told_once_per_date_and_refuses_nothing() -> None:
    Instrument.objects.filter(pk=SUPPLY).update(calibration_due=date(2020, 1, 31))
    Instrument.objects.filter(pk="demo/meter-1").update(calibration_due=date(2990, 1, 31))
    for _ in range(2):
        tell_calibrations_due("demo")
    told = Event.objects.filter(stream__name=ALERTS).values_list("level", "message")
    message = "The calibration of demo/supply-1 was due on 2020-01-31. Have it done, then correct the date."
    assert list(told) == [("WARNING", message)]
    assert Slot.objects.get(pk=SLOT).in_service is True
    rows = Instrument.objects.filter(calibration_due__isnull=False).order_by("pk").select_related("station")
    assert [is_overdue(row) for row in rows] == [False, True]
    Instrument.objects.filter(pk=SUPPLY).update(calibration_due=date(2021, 1, 31))
    tell_calibrations_due("demo")
    assert told.all().count() == 2
