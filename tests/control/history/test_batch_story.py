"""What the page of a batch begins with: complete, bounded, and in a fixed number of queries."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from control.history.batch_story import read_batch_story, shown_value
from control.journal.append import Entry, tell_batch
from control.journal.read import head
from control.lifecycle.safety.emergency import new_latch, record_emergency_stop
from control.models import Batch, ErrorLog, Measurement, Step
from tests.rows import ANNA, attached, demo_station, queued, running

QUERIES = 15


@pytest.fixture
def batch(db: None, monkeypatch: pytest.MonkeyPatch) -> Batch:
    demo_station(monkeypatch)
    return running().batch


def told(batch: Batch) -> dict[str, Any]:
    story = read_batch_story(batch.pk, timezone.now())
    assert story is not None
    return story


def add_steps(batch: Batch, count: int, *, state: str = "ENDED", outcome: str = "PASS", **more: Any) -> list[Step]:
    first = Step.objects.filter(batch=batch).count()
    made = [
        Step(batch=batch, index=first + place, name=f"step {place}", group="main", state=state, outcome=outcome, **more)
        for place in range(count)
    ]
    return Step.objects.bulk_create(made)


def measure(step: Step, name: str, value: Any = 1.5) -> None:
    Measurement.objects.create(step=step, name=name, type="number", value=value, at=timezone.now())


@pytest.mark.parametrize("count", [1, 3])
def test_story_takes_the_same_queries_however_long_it_is(count, batch):
    for step in add_steps(batch, count):
        measure(step, "rail")
        attached(step)
        ErrorLog.objects.create(batch=batch, at=timezone.now(), category="sequence", exception="E", message="no")
    with CaptureQueriesContext(connection) as queries:
        story = told(batch)
    assert (len(queries), len(story["steps"])) == (QUERIES, count)
    assert (len(story["measurements"]), len(story["attachments"])) == (count, count)


def test_head_is_that_of_the_stream_and_comes_before_the_rows(batch):
    with CaptureQueriesContext(connection) as queries:
        story = told(batch)
    assert story["head"] == head(f"batch/{batch.pk}") == 1
    assert "control_stream" in queries[0]["sql"]


def test_unknown_batch_has_no_story(db):
    assert read_batch_story(uuid4(), timezone.now()) is None


def test_old_steps_are_counted_and_their_first_failures_kept(batch):
    add_steps(batch, 60, outcome="FAIL")
    add_steps(batch, 5, retrying=True, outcome="ERROR")
    add_steps(batch, 300)
    add_steps(batch, 120, state="PENDING", outcome="NONE")
    story = told(batch)
    kept = [step["index"] for step in story["steps"]]
    assert kept == [*range(50), *range(65, 465)]
    assert story["hidden"] == {"FAIL": 10, "RETRYING": 5}


def test_first_measurements_of_a_step_are_kept_with_their_number(batch):
    (step,) = add_steps(batch, 1)
    for number in range(43):
        measure(step, f"m{number}")
    rows = told(batch)["measurements"]
    assert [row["name"] for row in rows] == [f"m{number}" for number in range(40)]
    assert {(row["step"], row["attempt"], row["of_step"]) for row in rows} == {(0, 1, 43)}


def test_newest_errors_are_kept_oldest_first(batch):
    for number in range(52):
        ErrorLog.objects.create(batch=batch, at=timezone.now(), category="sequence", exception="E", message=f"{number}")
    story = told(batch)
    assert [error["message"] for error in story["errors"]] == [str(number) for number in range(2, 52)]
    assert story["total_errors"] == 52


def test_long_curves_and_texts_are_cut_to_what_a_page_can_show():
    curve = {"columns": [{"name": "x", "unit": ""}], "rows": [[number] for number in range(1000)]}
    shown = shown_value(curve)
    assert (len(shown["rows"]), shown["rows"][0], shown["rows"][-1], shown["total"]) == (200, [0], [999], 1000)
    assert (len(shown_value("x" * 5000)), shown_value(3.3)) == (4001, 3.3)


def test_large_results_stay_in_the_records(batch):
    add_steps(batch, 1, result="x" * 9000)
    add_steps(batch, 1, result={"tries": 2})
    shown = [(step["result"], step["result_left_out"]) for step in told(batch)["steps"]]
    assert shown == [(None, True), ({"tries": 2}, False)]


def test_repetitions_are_told_from_the_plan(batch):
    assert told(batch)["repeats"] == []
    plan = [{"index": 0, "name": "boot", "repeat": 1}, {"index": 1, "name": "scan", "repeat": 4}]
    Batch.objects.filter(pk=batch.pk).update(plan=plan)
    assert told(batch)["repeats"] == [{"first": 1, "count": 4}]


def test_plan_and_safe_state_come_from_the_journal(batch):
    tell_batch(batch.pk, Entry("batch.started", data={"total_steps": 7}))
    at = timezone.now()
    tell_batch(batch.pk, Entry("safe_state", at=at, data={"confirmed": True, "instruments": {}}))
    story = told(batch)
    assert (story["total_steps"], story["safe_state"]["confirmed"]) == (7, True)
    assert story["safe_state"]["at"] == at.isoformat().replace("+00:00", "Z")


def test_place_in_the_queue_is_told_while_it_waits(batch):
    waiting = queued()
    assert (told(batch)["position"], told(waiting)["position"], told(queued())["position"]) == (None, 1, 2)


def test_controls_are_those_of_the_batch_and_the_stops_that_met_it(batch):
    record_emergency_stop(new_latch("demo", by=ANNA), delivered=True)
    assert [control["kind"] for control in told(batch)["controls"]] == ["BATCH_START", "EMERGENCY_STOP"]
