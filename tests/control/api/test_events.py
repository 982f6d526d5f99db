"""The story of a batch over the API."""

from __future__ import annotations

from typing import Any

import pytest

from control.access.rights import Role
from control.api.events import EventFacts
from control.history.facts import event_facts
from control.journal.append import Entry, append
from control.journal.kinds import Kind, stream_of
from control.journal.read import read_after
from control.models import Batch
from tests.control.api.callers import Caller, with_key
from tests.rows import demo_station, queued

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Batch:
    """With six events: queued, and five lines."""
    demo_station(monkeypatch)
    batch = queued()
    append(stream_of(batch.pk), [Entry(Kind.LOG, f"line {number}", data={"n": number}) for number in range(5)])
    return batch


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.VIEWER)


def address(batch: Batch) -> str:
    return f"/api/control/batches/{batch.pk}/events/"


def numbers(page: dict[str, Any]) -> list[int]:
    return [event["seq"] for event in page["results"]]


def test_events_are_what_sockets_carry(caller: Caller, batch: Batch):
    rows = [event_facts(event, whole=False) for event in read_after(stream_of(batch.pk))]
    page = caller.get(address(batch)).json()
    assert page == {"results": rows, "next": None, "previous": None, "head": 6, "first_seq": 1}
    assert list(EventFacts().fields) == list(rows[0])


def test_events_after_a_number_go_on_there(caller: Caller, batch: Batch):
    page = caller.get(address(batch), {"after": 2, "limit": 3}).json()
    assert (numbers(page), page["head"]) == ([3, 4, 5], 6)
    assert numbers(caller.get(page["next"]).json()) == [6]
    assert numbers(caller.get(page["previous"]).json()) == [1, 2]


def test_events_after_the_newest_are_none_yet(caller: Caller, batch: Batch):
    page = caller.get(address(batch), {"after": 6, "limit": 2}).json()
    assert (numbers(page), page["next"], page["head"]) == ([], None, 6)
    assert numbers(caller.get(page["previous"]).json()) == [5, 6]


@pytest.mark.parametrize(
    "query", [{"after": "-1"}, {"after": "1.5"}, {"limit": "0"}, {"limit": "1001"}, {"cursor": "x"}]
)
def test_events_of_a_wrong_place_are_refused(caller: Caller, batch: Batch, query: dict[str, str]):
    answer = caller.get(address(batch), query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(query))


def test_a_large_event_is_whole_at_its_own_address(caller: Caller, batch: Batch):
    data = {"n": 1, "curve": list(range(5000))}
    append(stream_of(batch.pk), [Entry(Kind.LOG, "large", data=data)])
    (listed,) = caller.get(address(batch), {"after": 6}).json()["results"]
    assert listed["data"]["curve"] is None
    assert caller.get(f"{address(batch)}7/").json() == {**listed, "data": data}


@pytest.mark.parametrize("seq", [0, 7, 10**30])
def test_an_event_that_is_none_is_not_found(caller: Caller, batch: Batch, seq: int):
    assert caller.get(f"{address(batch)}{seq}/").status_code == 404


def test_events_of_an_unknown_batch_are_not_found(caller: Caller):
    assert caller.get("/api/control/batches/018f0000-0000-7000-8000-000000000000/events/").status_code == 404
