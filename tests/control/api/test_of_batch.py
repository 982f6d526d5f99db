"""What belongs to a batch: steps, measurements, attachments, control events, errors."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.serializers import Serializer

from control.access.rights import Role
from control.api.attachments import AttachmentFacts
from control.api.control_events import ControlEventFacts
from control.api.errors import ErrorFacts
from control.api.measurements import MeasurementFacts
from control.api.steps import StepFacts
from control.lifecycle.safety.emergency import new_latch, record_emergency_stop
from control.lifecycle.steer import pause_batch
from control.models import Batch, ErrorLog, Measurement, Step
from tests.control.api.callers import Caller, with_key
from tests.rows import ANNA, attached, demo_station, running

pytestmark = pytest.mark.django_db
LISTS: dict[str, type[Serializer]] = {
    "steps": StepFacts,
    "measurements": MeasurementFacts,
    "attachments": AttachmentFacts,
    "control-events": ControlEventFacts,
    "errors": ErrorFacts,
}


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Batch:
    """It runs, has three steps with a measurement, a file and an error each, and somebody wants it to pause."""
    demo_station(monkeypatch)
    batch = running().batch
    now = timezone.now()
    for index in (2, 0, 1):
        step = Step.objects.create(batch=batch, index=index, name=f"step {index}", group="main", started_at=now)
        attached(step, f"file {index}")
        Measurement.objects.create(step=step, name=f"volts {index}", type="number", value=1.5, unit="V", at=now)
        ErrorLog.objects.create(batch=batch, step=index, at=now, category="sequence", exception="E", message=str(index))
    pause_batch(batch.pk, by=ANNA)
    return batch


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.VIEWER)


def read(caller: Caller, batch: Batch, what: str, **query: Any) -> Any:
    answer = caller.get(f"/api/control/batches/{batch.pk}/{what}/", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_steps_come_in_the_order_of_the_plan(caller: Caller, batch: Batch):
    Step.objects.create(batch=batch, index=1, attempt=2, name="again", group="main")
    found = [(step["index"], step["attempt"]) for step in read(caller, batch, "steps")["results"]]
    assert found == [(0, 1), (1, 1), (1, 2), (2, 1)]


def test_steps_of_many_attempts_come_in_pages_without_gap(caller: Caller, batch: Batch):
    Step.objects.bulk_create(Step(batch=batch, index=1, attempt=number, name="x") for number in range(2, 8))
    page = read(caller, batch, "steps", limit=2)
    found = page["results"]
    while page["next"]:
        page = caller.get(page["next"]).json()
        found += page["results"]
    assert [step["attempt"] for step in found] == [1, 1, 2, 3, 4, 5, 6, 7, 1]


def test_measurements_name_their_step(caller: Caller, batch: Batch):
    found = read(caller, batch, "measurements")["results"]
    assert [(value["step"], value["name"], value["value"]) for value in found] == [
        (2, "volts 2", 1.5),
        (0, "volts 0", 1.5),
        (1, "volts 1", 1.5),
    ]


def test_control_events_tell_who_intervened(caller: Caller, batch: Batch):
    found = read(caller, batch, "control-events")["results"]
    assert [(event["kind"], event["by"]) for event in found] == [("BATCH_START", "anna"), ("BATCH_PAUSE", "anna")]


def test_control_events_include_the_stops_that_met_the_batch(caller: Caller, batch: Batch):
    other = running("demo/slot-2").batch
    stop = record_emergency_stop(new_latch("demo/slot-1", by=ANNA), delivered=True)
    found = read(caller, batch, "control-events")["results"]
    assert (found[-1]["id"], found[-1]["batch"], found[-1]["scope"]) == (str(stop.pk), None, "demo/slot-1")
    assert [event["kind"] for event in read(caller, other, "control-events")["results"]] == ["BATCH_START"]


def test_errors_come_in_their_order(caller: Caller, batch: Batch):
    assert [error["message"] for error in read(caller, batch, "errors")["results"]] == ["2", "0", "1"]


@pytest.mark.parametrize("what", LISTS)
def test_the_schema_describes_exactly_the_facts(caller: Caller, batch: Batch, what: str):
    assert set(LISTS[what]().fields) == set(read(caller, batch, what)["results"][0])


@pytest.mark.parametrize("what", LISTS)
def test_a_list_without_rows_is_empty_and_one_without_batch_unknown(caller: Caller, batch: Batch, what: str):
    other = running("demo/slot-2").batch
    if what != "control-events":
        assert read(caller, other, what) == {"results": [], "next": None, "previous": None}
    unknown = caller.get(f"/api/control/batches/018f0000-0000-7000-8000-000000000000/{what}/")
    assert unknown.status_code == 404
