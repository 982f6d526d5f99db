"""Rows written in bulk are the rows that the ORM would have written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from control.journal.bulk import ROWS_PER_STATEMENT, insert_rows
from control.models import Event, Step, Stream
from tests.rows import demo_station, queued

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def event(stream: Stream, seq: int, **more: Any) -> dict[str, Any]:
    common = {"at": AT, "kind": "log", "level": "INFO", "step": None, "message": "", "data": {}}
    return {"stream": stream.pk, "seq": seq, **common, **more}


def test_every_type_comes_back_as_the_orm_reads_it() -> None:
    stream = Stream.objects.create(name="batch/x")
    data = {"text": "한국어 'quoted' \"double\" \\ %s", "list": [1, 2.5, None, True], "nested": {"a": {}}}
    insert_rows(Event, [event(stream, 1, step=7, message="a\nb", data=data)])
    found = Event.objects.get()
    assert (found.at, found.step, found.message, found.data) == (AT, 7, "a\nb", data)


def test_bulk_row_equals_the_orms_row() -> None:
    stream = Stream.objects.create(name="batch/x")
    insert_rows(Event, [event(stream, 1, data={"a": 1})])
    Event.objects.create(stream=stream, seq=2, at=AT, kind="log", data={"a": 1})
    first, second = Event.objects.order_by("seq").values("at", "kind", "level", "step", "message", "data")
    assert first == second
    assert Event.objects.filter(at=AT, data__a=1).count() == 2


def test_conflict_updates_and_returns_the_same_row(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    row = {
        "batch": queued().pk,
        "index": 0,
        "attempt": 1,
        "name": "boot",
        "group": "main",
        "within": "",
        "state": "RUNNING",
    }
    row |= {"outcome": "NONE", "marginal": False, "retrying": False, "message": ""}
    key = ("batch", "index", "attempt")
    first = insert_rows(Step, [row], key=key, returning=("id", "index"))
    second = insert_rows(Step, [{**row, "state": "ENDED"}], key=key, returning=("id", "index"))
    assert first == second
    assert Step.objects.get().state == "ENDED"


def test_more_rows_than_one_statement_takes() -> None:
    stream = Stream.objects.create(name="batch/x")
    insert_rows(Event, [event(stream, seq) for seq in range(1, ROWS_PER_STATEMENT + 3)])
    assert Event.objects.count() == ROWS_PER_STATEMENT + 2


def test_no_rows_is_nothing_to_do() -> None:
    assert insert_rows(Event, [], returning=("id",)) == []


def test_uuid_key_points_at_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    batch = queued()
    row = {
        "batch": batch.pk,
        "index": 0,
        "attempt": 1,
        "name": uuid4().hex,
        "group": "main",
        "within": "",
        "state": "PENDING",
    }
    insert_rows(Step, [{**row, "outcome": "NONE", "marginal": False, "retrying": False, "message": ""}])
    assert batch.steps.get().name == row["name"]
