"""What the installation is and whether everything works, over the API and on its page."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ

from control import __version__
from control.access.rights import Role
from control.history.system_health import disk_health
from control.metrics.disk import DiskUse
from stations.models import Instrument, Slot, Station
from stations.safety.processes import ProcessMark
from tests.control.api.callers import Caller, logged_in, with_key
from tests.control.hosts import this_host_has
from tests.rows import demo_station, queued, running

pytestmark = pytest.mark.django_db

CHILDREN = ("housekeeping", "demo.slots")


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.VIEWER)


@pytest.fixture
def station(monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    """A station of this host that works, but for its guard: it was stopped, and reads its mail no more."""
    found = demo_station(monkeypatch)
    Station.objects.update(heartbeat_at=Now())
    paths = settings.STATION_PATHS
    with this_host_has("demo/slot-1"), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as guard:
        paths.prepare()
        paths.warden_config.write_text(
            json.dumps({"slots": [{"slot": "demo/slot-1"}], "children": [{"name": name} for name in CHILDREN]})
        )
        write_marks(dict.fromkeys(CHILDREN, ProcessMark.of(os.getpid())))
        guard.bind(str(paths.slot("demo/slot-1").socket))
        yield found
        paths.slot("demo/slot-1").socket.unlink()
        paths.warden_state.unlink(missing_ok=True)


def write_marks(marks: dict[str, Any]) -> None:
    settings.STATION_PATHS.warden_state.write_text(json.dumps({name: mark.dump() for name, mark in marks.items()}))


def health(caller: Caller) -> Any:
    answer = caller.get("/api/system/health/")
    assert answer.status_code == 200
    return answer.json()


def said(part: Any) -> list[tuple[str, str]]:
    return [(problem["level"], problem["text"]) for problem in part["problems"]]


def test_info_tells_what_it_is_and_no_secret(caller: Caller, station: Station):
    answer = caller.get("/api/system/info/")
    info = answer.json()
    assert (info["version"], info["host"], info["roles"]) == (__version__, socket.gethostname(), ["pages", "station"])
    assert info["database"]["kind"] == connection.vendor
    [found] = info["stations"]
    assert (found["id"], found["here"], found["alive"], found["slots"], found["lanes"]) == ("demo", True, True, 2, 2)
    text = answer.content.decode()
    assert settings.SECRET_KEY not in text
    assert settings.DATABASES["default"]["NAME"] not in text


def test_stopped_guard_and_dead_worker_are_told_within_a_second(caller: Caller, station: Station):
    write_marks({"housekeeping": ProcessMark.of(os.getpid()), "demo.slots": ProcessMark(1, "another boot/1")})
    began = time.monotonic()
    found = health(caller)
    assert time.monotonic() - began < 2  # which leaves room for a busy machine
    assert found["status"] == "error"
    assert found["guards"]["slots"] == [
        {"slot": "demo/slot-1", "answers": False, "safe": None, "unsafe": None, "latched": None, "run": None}
    ]
    assert said(found["guards"]) == [("error", "The guard of demo/slot-1 does not answer.")]
    assert said(found["workers"]) == [("error", "demo.slots does not run.")]
    assert [process["alive"] for process in found["workers"]["processes"]] == [True, False]
    assert found["backend_connected"] is None


def test_batches_and_places_are_counted(caller: Caller, station: Station):
    running()
    queued()
    workers = health(caller)["workers"]
    assert (workers["status"], workers["running"], workers["waiting"], workers["places"]) == ("ok", 1, 1, 4)


def test_bells_that_nobody_hears_are_an_error_of_the_workers(caller: Caller, station: Station):
    long_ago = timezone.now() - timedelta(seconds=90)
    OrmQ.objects.create(key="demo.slots", payload="x", lock=long_ago)
    [(level, text)] = said(health(caller)["workers"])
    told = re.fullmatch(r"The bells of demo\.slots have rung for (\d+) s and nobody answers\.", text)
    assert (level, told is not None and int(told[1]) >= 90) == ("error", True)


def test_silent_housekeeping_of_this_host_is_an_error(caller: Caller, station: Station):
    Station.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    assert said(health(caller)["stations"]) == [("error", "The housekeeping of station 'demo' gives no sign of life.")]


def test_stopped_station_of_this_host_is_a_warning_and_its_guards_are_not_missed(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
):
    demo_station(monkeypatch)
    with this_host_has("demo/slot-1"):
        found = health(caller)
    assert (found["status"], found["guards"]["status"], found["workers"]["status"]) == ("warning", "ok", "ok")
    assert said(found["stations"]) == [("warning", "Station 'demo' of this host is stopped.")]


def test_lost_station_of_another_host_is_a_warning(caller: Caller, monkeypatch: pytest.MonkeyPatch):
    demo_station(monkeypatch)
    assert health(caller)["status"] == "ok"  # stopped on purpose, elsewhere
    Station.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    assert said(health(caller)["stations"]) == [("warning", "Contact with station 'demo' on bench-pc is lost.")]


def test_slots_out_of_service_and_overdue_calibrations_are_told_with_their_reason(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
):
    demo_station(monkeypatch)
    held = {"by": "eva", "face": "PAGE", "reason": "new cable", "at": 0}
    Slot.objects.filter(pk="demo/slot-1").update(taken_out=held)
    Slot.objects.filter(pk="demo/slot-2").update(health_problem={"instruments": {"supply-2": "gone"}, "at": 0})
    Instrument.objects.filter(pk="demo/meter-1").update(calibration_due="2020-01-31")
    bench = health(caller)["bench"]
    assert (bench["status"], bench["slots"], bench["in_service"]) == ("error", 4, 2)
    assert said(bench) == [
        ("warning", "Slot demo/slot-1 is out of service (eva: new cable)."),
        ("error", "Slot demo/slot-2 is out of service until its instruments are well again: supply-2."),
        ("warning", "The calibration of demo/meter-1 was due on 2020-01-31."),
    ]


def test_nothing_yet_says_how_to_begin(caller: Caller):
    found = health(caller)
    [problem] = found["stations"]["problems"]
    assert (problem["text"], problem["remedy"]) == (
        "No station has been started yet.",
        "Start a station on its host: manage.py start",
    )


@pytest.mark.parametrize(("percent", "status"), [(79.9, "ok"), (80.0, "warning"), (94.9, "warning"), (95.0, "error")])
def test_disk_warns_at_eighty_percent(percent: float, status: str):
    found = disk_health(DiskUse(percent, 5 * 1024**3))
    assert found["status"] == status
    assert bool(found["problems"]) == (status != "ok")


@pytest.mark.parametrize("more", [0, 2])
def test_health_costs_the_same_for_every_station_that_is_stopped(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any, more: int
):
    demo_station(monkeypatch)
    for number in range(more):
        Station.objects.create(pk=f"more-{number}", name="m", time_zone="UTC", host="h", configuration_sha256="x")
    of_database = 1 if connection.vendor == "sqlite" else 2  # its answer; transactions that stay open
    of_rows = 5  # stations, running and waiting batches, slots, instruments
    with django_assert_num_queries(2 + of_database + of_rows):  # 2: the key and its groups
        health(caller)


def test_page_shows_the_same_with_its_remedies(station: Station):
    browser = logged_in(Role.VIEWER)
    page = browser.get("/control/system/").content.decode()
    assert "The guard of demo/slot-1 does not answer." in page
    assert "It is started again within seconds." in page
    assert __version__ in page and "Demo bench (demo)" in page
