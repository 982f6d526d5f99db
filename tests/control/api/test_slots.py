"""Slots, sequences and health over the API."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from control import __version__
from control.access.rights import Role
from control.api.slots import SlotFacts
from tests.control.api.callers import Caller, with_key
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


def test_a_slot_that_is_none_is_not_found(caller: Caller):
    answer = caller.get("/api/slots/demo/slot-9/")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no slot 'demo/slot-9'.")


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
