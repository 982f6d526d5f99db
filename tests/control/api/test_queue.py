"""What waits and who works, as programs see it; moving over the API."""

from __future__ import annotations

import pytest
from django.utils import timezone

from control.access.rights import Role
from control.models import Batch, ControlEvent
from control.states import State
from tests.control.api.callers import Caller, with_key
from tests.rows import demo_station, queued

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Caller:
    demo_station(monkeypatch)
    return with_key(Role.OPERATOR)


def names(caller: Caller) -> list[str]:
    [line] = caller.get("/api/queue/").json()["results"]
    return [batch["name"] for batch in line["waiting"]]


def test_a_batch_is_moved_and_the_queue_shows_it(caller: Caller) -> None:
    _one, _two, three = (queued(name=name) for name in ("one", "two", "three"))
    moved = caller.send(f"/api/control/batches/{three.pk}/queue/", {"to": "up", "reason": "customer waits"})
    assert (moved.status_code, moved.json()["ahead"], names(caller)) == (200, 1, ["one", "three", "two"])
    moved = caller.send(f"/api/control/batches/{three.pk}/queue/", {"priority": "URGENT"})
    assert (moved.json()["priority"], names(caller)) == ("URGENT", ["three", "one", "two"])
    events = ControlEvent.objects.filter(kind="BATCH_MOVE", face="API").order_by("pk")
    assert [event.reason for event in events] == ["customer waits", "USER_REQUEST"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "to"), ({"to": "sideways"}, "to"), ({"priority": "high"}, "priority"), ({"top": 1}, "top")],
)
def test_a_wrong_move_is_refused(caller: Caller, body: dict[str, object], field: str) -> None:
    answer = caller.send(f"/api/control/batches/{queued().pk}/queue/", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_what_has_begun_is_not_moved(caller: Caller) -> None:
    batch = queued()
    Batch.objects.filter(pk=batch.pk).update(state=State.RUNNING, started_at=timezone.now())
    answer = caller.send(f"/api/control/batches/{batch.pk}/queue/", {"to": "first"})
    assert (answer.status_code, "does not wait any more (Running)" in answer.json()["detail"]) == (409, True)


def test_workers_are_listed_with_their_places(caller: Caller) -> None:
    [worker] = caller.get("/api/workers/").json()["results"]
    assert (worker["id"], worker["host"], worker["alive"]) == ("demo", "bench-pc", False)
    assert [place["name"] for place in worker["places"]] == ["slot-1", "slot-2", "lane-1", "lane-2"]
