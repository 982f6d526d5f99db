"""Keeping and pruning, as programs see it."""

from __future__ import annotations

import pytest

from control.access.rights import Role
from control.lifecycle.actor import SYSTEM
from control.lifecycle.retention import Old, prune
from control.models import Batch, ControlEvent
from tests.control.api.callers import Caller, with_key
from tests.rows import demo_station, queued

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Caller:
    demo_station(monkeypatch)
    return with_key(Role.OPERATOR)


def test_a_batch_is_kept_and_released(caller: Caller):
    address = f"/api/control/batches/{queued().pk}/"
    assert caller.get(address).json()["keep"] is False
    answers = [caller.send(f"{address}{word}/", {"reason": "golden sample"}) for word in ("keep", "release", "keep")]
    assert [(answer.status_code, answer.json()["keep"]) for answer in answers] == [
        (200, True),
        (200, False),
        (200, True),
    ]
    asked = ControlEvent.objects.filter(face="API", reason="golden sample").order_by("pk")
    assert [event.kind for event in asked] == ["BATCH_KEEP", "BATCH_RELEASE", "BATCH_KEEP"]
    assert [batch["keep"] for batch in caller.get("/api/control/batches/").json()["results"]] == [True]


@pytest.mark.parametrize("of_batch", ["", "events/", "steps/", "control-events/", "errors/", "measurements/"])
def test_a_pruned_batch_is_said_to_be_pruned(caller: Caller, of_batch: str):
    batch = queued()
    Batch.objects.filter(pk=batch.pk).update(state="STOPPED", ended_at=batch.created_at)
    list(prune(Old(0), by=SYSTEM, rest=lambda seconds: None))
    answer = caller.get(f"/api/control/batches/{batch.pk}/{of_batch}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:gwanje:not-found")
    assert answer.json()["detail"] == f"There is no batch {batch.pk}. It may have been pruned."


def test_a_page_of_events_says_where_they_begin(caller: Caller):
    batch = queued()
    assert caller.get(f"/api/control/batches/{batch.pk}/events/").json()["first_seq"] == 1
