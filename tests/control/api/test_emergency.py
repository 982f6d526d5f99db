"""Emergency stop and reset over the API, with and without guards on this host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from control.access.rights import Role
from control.models import ApiKey, Batch, ControlEvent
from control.states import State
from stations.models import Slot
from stations.safety.latch import latches
from tests.control.api.callers import Caller, with_key
from tests.control.hosts import this_host_has
from tests.rows import demo_station, queued

pytestmark = pytest.mark.django_db
STOP, RESET = "/api/emergency-stop/", "/api/reset/"
ALL = {"demo/slot-1", "demo/slot-2", "demo/lane-1", "demo/lane-2"}


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.OPERATOR)


@pytest.fixture
def one_slot_here() -> Iterator[str]:
    """This host has one slot of the station, whose guard does not run."""
    with this_host_has("demo/slot-1"):
        yield "demo/slot-1"


def latched() -> set[str]:
    return set(Slot.objects.filter(latch__isnull=False).values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("body", "scope", "slots"),
    [
        ({"slot": "demo/slot-1"}, "demo/slot-1", {"demo/slot-1"}),
        ({"station": "demo"}, "demo", ALL),
        ({"all": True}, "all", ALL),
        ({"all": 1, "slot": "demo/slot-1"}, "all", ALL),
        ({"all": "true"}, "all", ALL),
        ({"slot": "demo/slot-1", "station": "demo"}, "demo", ALL),
        ({"slot": "demo/slot-1", "all": False, "what": 1}, "demo/slot-1", {"demo/slot-1"}),
    ],
)
def test_a_stop_of_another_host_is_recorded_and_not_confirmed(
    caller: Caller, body: dict[str, Any], scope: str, slots: set[str]
):
    answer = caller.send(STOP, {**body, "reason": "smoke"})
    found = answer.json()
    assert (answer.status_code, found["scope"], found["confirmed"], found["slots"]) == (202, scope, False, [])
    event = ControlEvent.objects.get(pk=found["id"])
    assert (event.face, event.by, event.reason, event.scope) == ("API", "user-0 (ci)", "smoke", scope)
    assert latched() == slots


@pytest.mark.parametrize("body", [{"slot": "demo/slot-9"}, {"station": "elsewhere"}, {"slot": 5}, {"slot": "a\0b"}])
def test_a_stop_of_what_does_not_exist_says_what_does(caller: Caller, body: dict[str, Any]):
    answer = caller.send(STOP, body)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:gwanje:unknown-name")
    assert latched() == set()


def test_a_stop_without_body_needs_a_station_on_this_host(caller: Caller):
    answer = caller.generic("POST", STOP)
    assert answer.json()["detail"] == "This host has no station. Name a slot or a station, or all."


@pytest.mark.parametrize("body", ["", "{", "x" * 4_000_000])
def test_a_stop_that_cannot_be_read_stops_the_station_of_this_host(caller: Caller, one_slot_here: str, body: str):
    answer = caller.generic("POST", STOP, body, content_type="application/json" if body else "")
    found = answer.json()
    assert (answer.status_code, found["scope"], found["recorded"]) == (202, "demo", True)
    assert [(slot["slot"], slot["confirmed"]) for slot in found["slots"]] == [(one_slot_here, False)]
    assert latches(settings.STATION_PATHS, [one_slot_here])[one_slot_here]["id"] == found["id"]


def test_a_stop_reads_who_asks_and_nothing_else_before_the_guards_know(caller: Caller, one_slot_here: str):
    ApiKey.objects.update(last_used_at=None)
    with CaptureQueriesContext(connection) as asked:
        caller.send(STOP, {"slot": one_slot_here})
    begin = next(number for number, query in enumerate(asked) if "control_controlevent" in query["sql"])
    before = [query["sql"].split()[0] for query in asked.captured_queries[:begin] if "control_" in query["sql"]]
    assert before == ["SELECT"]
    assert ApiKey.objects.get().last_used_at is None
    # And it is lifted again.
    answer = caller.send(RESET, {"reason": "all good"}).json()
    sentence = "no guard answers; the latch is gone"
    assert answer["slots"] == [{"slot": one_slot_here, "latched": False, "unsafe": False, "message": sentence}]
    assert latches(settings.STATION_PATHS, [one_slot_here]) == {}


def test_a_stop_aborts_what_waits(caller: Caller):
    batch = queued()
    caller.send(STOP, {"slot": "demo/slot-1"})
    assert Batch.objects.get(pk=batch.pk).state == State.ABORTED


def test_a_reset_frees_and_tells_who_and_why(caller: Caller):
    caller.send(STOP, {"station": "demo"})
    answer = caller.send(RESET, {"slot": "demo/slot-1", "reason": "cable replaced"})
    assert (answer.status_code, answer.json()["scope"]) == (200, "demo/slot-1")
    assert latched() == ALL - {"demo/slot-1"}
    event = ControlEvent.objects.get(kind="RESET")
    assert (event.face, event.by, event.reason) == ("API", "user-0 (ci)", "cable replaced")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"all": True}, "A reset needs a reason: say why it is safe to go on."),
        ({"all": True, "reason": None}, "A reset needs a reason: say why it is safe to go on."),
        ({"all": True, "reason": "  "}, "A reset needs a reason: say why it is safe to go on."),
        (
            {"station": "demo", "slot": "demo/slot-1", "reason": "x"},
            "Name one thing: a slot, a station, or all.",
        ),
        ({"station": "dem", "reason": "x"}, "There is no station 'dem'. Did you mean 'demo'?"),
        ({"scope": "demo", "reason": "x"}, "scope: This is not known here. Known: all, reason, slot, station."),
    ],
)
def test_a_reset_is_refused_in_words(caller: Caller, body: dict[str, Any], detail: str):
    caller.send(STOP, {"all": True})
    answer = caller.send(RESET, body)
    assert (answer.status_code, answer.json()["detail"]) == (400, detail)
    assert latched() == ALL
