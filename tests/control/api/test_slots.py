"""Slots, sequences and health over the API."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from control import __version__
from control.access.rights import Role
from control.api.instruments import InstrumentFacts
from control.api.slots import OutOfService, SlotFacts
from control.models import ControlEvent
from stations.models import Instrument, Slot
from tests.control.api.callers import Caller, with_key
from tests.control.hosts import this_host_has
from tests.rows import HOUSE, demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.VIEWER)


def test_slots_come_with_what_they_do(caller: Caller):
    batch = running().batch
    queued()
    page = caller.get("/api/slots/").json()
    found = [(slot["id"], slot["state"], slot["waiting"], slot["batch"]) for slot in page["results"]]
    assert found == [
        ("demo/slot-1", "BUSY", 1, str(batch.pk)),
        ("demo/slot-2", "IDLE", 0, None),
        ("demo/lane-1", "IDLE", 0, None),
        ("demo/lane-2", "IDLE", 0, None),
    ]
    assert (page["next"], page["previous"]) == (None, None)


def test_a_slot_is_found_by_its_id(caller: Caller):
    found = caller.get("/api/slots/demo/slot-2/").json()
    assert found in caller.get("/api/slots/").json()["results"]
    assert list(SlotFacts().fields) == list(found)


def test_an_unsafe_slot_tells_since_when_and_why_and_an_operator_cannot_clear_it(caller: Caller):
    mark = {"since": 1.0, "why": "run", "problems": {"supply-1": "on"}, "confirmed_at": 2.5, "refused": ""}
    Slot.objects.filter(pk="demo/slot-1").update(unsafe=mark)
    found = caller.get("/api/slots/demo/slot-1/").json()
    times = {"since": "1970-01-01T00:00:01Z", "confirmed_at": "1970-01-01T00:00:02.500000Z"}
    assert (found["state"], found["unsafe"]) == ("UNSAFE", {"why": "run", "problems": {"supply-1": "on"}, **times})
    reset = {"slot": "demo/slot-1", "reason": "looks fine"}
    answer = with_key(Role.OPERATOR).send("/api/reset/", reset)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:gwanje:forbidden")
    assert with_key(Role.ENGINEER).send("/api/reset/", reset).status_code == 200  # its own host carries it out


def test_a_slot_waits_for_whoever_holds_what_it_shares(caller: Caller):
    Slot.objects.filter(pk="demo/slot-2").update(instruments={"supply": "supply-1"})
    batch = running().batch
    found = caller.get("/api/slots/demo/slot-2/").json()["waits_for"]
    held = {"instrument": "supply-1", "batch": str(batch.pk), "batch_name": batch.name, "slot": "demo/slot-1"}
    assert found == [held]


def test_making_safe_tells_what_each_slot_answered():
    operator = with_key(Role.OPERATOR)
    with this_host_has("demo/slot-1"):
        answer = operator.send("/api/slots/demo/slot-1/make-safe/", {"reason": "before I touch it"})
    told = answer.json()
    assert (answer.status_code, told["confirmed"], told["proof"]) == (202, False, None)
    assert ControlEvent.objects.get(pk=told["id"]).reason == "before I touch it"
    assert operator.send("/api/slots/demo/slot-9/make-safe/", {}).status_code == 404


def test_a_slot_that_is_none_is_not_found(caller: Caller):
    answer = caller.get("/api/slots/demo/slot-9/")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no slot 'demo/slot-9'.")


def test_instruments_tell_whether_they_can_be_used(caller: Caller):
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    supply = {"present": True, "identity": "A,B,1", "last_answer_at": at, "response_ms": 1.5}
    Instrument.objects.filter(pk="demo/supply-1").update(**supply, calibration_due=date(2020, 1, 31))
    Instrument.objects.filter(pk="demo/meter-1").update(present=False, problem="It is gone.")
    Instrument.objects.filter(pk="demo/load-1").update(present=True, identity="X", problem="It is another one.")
    page = caller.get("/api/instruments/").json()
    states = {one["name"]: one["state"] for one in page["results"] if one["name"].endswith("-1")}
    assert states == {"board-1": "UNKNOWN", "load-1": "PROBLEM", "meter-1": "ABSENT", "supply-1": "PRESENT"}
    found = page["results"][6]
    assert found == {
        "id": "demo/supply-1",
        "station": "demo",
        "name": "supply-1",
        "state": "PRESENT",
        "identity": "A,B,1",
        "problem": "",
        "last_answer_at": "2026-03-01T08:00:00Z",
        "response_ms": 1.5,
        "calibration_due": "2020-01-31",
        "calibration_overdue": True,
    }
    assert list(InstrumentFacts().fields) == list(found)
    assert found in caller.get("/api/slots/demo/slot-1/").json()["health"]


def test_an_engineer_takes_a_slot_out_of_service_and_puts_it_back():
    engineer, path = with_key(Role.ENGINEER), "/api/slots/demo/slot-1/"
    slot = engineer.send(f"{path}out-of-service/", {"reason": "new cables"}).json()
    held = slot["out_of_service"]
    assert (slot["state"], held["why"], held["reason"], held["at"][-1]) == (
        "OUT_OF_SERVICE",
        "PERSON",
        "new cables",
        "Z",
    )
    assert list(OutOfService().fields) == list(held)
    slot = engineer.send(f"{path}in-service/", {"reason": "done"}).json()
    assert (slot["state"], slot["out_of_service"]) == ("IDLE", None)
    kinds = ControlEvent.objects.order_by("pk").values_list("kind", "face", "reason", "scope")
    assert list(kinds) == [
        ("SLOT_OUT_OF_SERVICE", "API", "new cables", "demo/slot-1"),
        ("SLOT_IN_SERVICE", "API", "done", "demo/slot-1"),
    ]


def test_what_cannot_be_done_to_a_slot_is_told_with_the_remedy():
    engineer = with_key(Role.ENGINEER)
    answer = engineer.send("/api/slots/demo/slot-1/out-of-service/", {})
    reason = "Say why: whoever wants to use the slot is told."
    assert (answer.status_code, answer.json()["errors"]) == (400, {"reason": [reason]})
    assert engineer.send("/api/slots/demo/slot-9/in-service/").status_code == 404
    Slot.objects.filter(pk="demo/slot-2").update(in_file=False)
    answer = engineer.send("/api/slots/demo/slot-2/in-service/")
    assert (answer.status_code, "the station file does not name it" in answer.json()["detail"]) == (409, True)


def test_a_slot_that_its_health_keeps_back_says_so(caller: Caller):
    problem = {"instruments": {"supply-1": "It is gone."}, "at": 0}
    Slot.objects.filter(pk="demo/slot-1").update(health_problem=problem)
    held = caller.get("/api/slots/demo/slot-1/").json()["out_of_service"]
    assert held == {"why": "HEALTH", "by": "", "reason": "supply-1", "at": "1970-01-01T00:00:00Z"}


def test_slots_take_no_parameters(caller: Caller):
    assert caller.get("/api/slots/", {"limit": "5"}).status_code == 400


def test_health_is_good_when_somebody_can_log_in(caller: Caller):
    answer = Caller().get("/api/health/")
    assert (answer.status_code, answer.json()["status"], answer.json()["version"]) == (200, "ok", __version__)


def test_health_is_not_good_before_the_first_login():
    User.objects.all().delete()
    answer = Caller().get("/api/health/")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:gwanje:not-ready")


def test_the_version_is_the_one_of_the_project():
    project = tomllib.loads(Path(HOUSE / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
