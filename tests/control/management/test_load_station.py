"""The command: what it tells, what it takes in, what it leaves alone."""

from __future__ import annotations

import fcntl
import json
import socket
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models.functions import Now

from control.admin.cells import details_of
from control.models import ControlEvent
from stations.models import Instrument, Slot, Station
from stations.station_schema import schema_text

pytestmark = pytest.mark.django_db

DEMO = """\
station: {id: demo, default_sequence: board_test}
backend: {url: https://gwanje.example, key: "${GWANJE_TEST_KEY:-first}"}
slots:
  - {id: slot-1, instruments: {supply: supply-1}}
instruments:
  supply-1: {driver: stations.drivers.scpi.ScpiInstrument, resource: "TCPIP::192.0.2.10::5025::SOCKET"}
"""
OTHER = DEMO.replace("id: demo", "id: other")


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(text: str, name: str = "station.yaml") -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def load(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("load_station", *arguments, stdout=out)
    return out.getvalue().splitlines()


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        load(*arguments)
    assert refused.value.returncode == 2
    return str(refused.value)


def check(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        load("--check", *arguments)
    return int(end.value.code or 0)


def rows() -> list[Any]:
    return [list(model.objects.values()) for model in (Station, Slot, Instrument, ControlEvent)]


def test_file_is_checked_before_there_is_a_database(file: Any, monkeypatch: pytest.MonkeyPatch):
    load(file(DEMO))
    assert check(file(DEMO)) == 0
    monkeypatch.setattr(connection.introspection, "table_names", list)
    assert check(file(DEMO)) == 1


@pytest.mark.parametrize(
    ("name", "problem"),
    [("Nobody", "has a driver that cannot be loaded"), ("Supply", "'volts :=' is neither a name like 'voltage'")],
)
def test_classes_that_cannot_be_used_are_noted(file: Any, settings: Any, name: str, problem: str):
    settings.DRIVERS = ["tests.*"]
    foreign = DEMO.replace("stations.drivers.scpi.ScpiInstrument", f"tests.stations.drivers.foreign_classes.{name}")
    _, note, _ = load(file(foreign.replace('SOCKET"}', 'SOCKET", commands: {volts: {query: "volts :="}}}')))
    assert note.startswith("  Note: Instrument supply-1 at TCPIP::192.0.2.10::5025::SOCKET ") and problem in note


def test_new_station_is_told_and_taken_in(file: Any):
    said = load(file(DEMO))
    assert said[0] == "Station 'demo' with 1 slot and 1 instrument: is new here"
    assert said[-1] == "Taken in: demo."
    assert Station.objects.get().host == socket.gethostname()
    event = ControlEvent.objects.get(kind="STATION_CHANGE")
    assert (event.scope, event.face, event.details, bool(event.by)) == ("demo", "COMMAND", {"change": "added"}, True)


def test_second_time_nothing_changes(file: Any):
    name = file(DEMO)
    load(name)
    before = rows()
    assert check(name) == 0
    assert load(name)[0] == "Station 'demo' with 1 slot and 1 instrument: nothing changes"
    assert rows() == before


def test_changes_are_told_before_they_are_made_and_kept(file: Any):
    load(file(DEMO))
    before = rows()
    changed = file(DEMO.replace("192.0.2.10", "192.0.2.11").replace("slot-1", "slot-2"))
    assert check(changed) == 1
    assert rows() == before
    assert load(changed)[1:4] == [
        "  ~ instruments.supply-1.resource: TCPIP::192.0.2.10::5025::SOCKET -> TCPIP::192.0.2.11::5025::SOCKET",
        "  - slots.slot-1: supply supply-1",
        "  + slots.slot-2: supply supply-1",
    ]
    kept = ControlEvent.objects.get(kind="STATION_CHANGE", details__change="changed")
    assert (kept.reason, details_of(kept)) == (
        "manage.py load_station",
        "changed: instruments.supply-1.resource, slots.slot-1, slots.slot-2",
    )
    assert kept.before["slots.slot-1"] == "supply supply-1"
    assert Instrument.objects.get().resource == "TCPIP::192.0.2.11::5025::SOCKET"
    assert set(Slot.objects.filter(kind="SLOT").values_list("name", "in_service")) == {
        ("slot-1", False),
        ("slot-2", True),
    }


def test_secret_is_seen_nowhere(file: Any, monkeypatch: pytest.MonkeyPatch):
    name = file(DEMO)
    monkeypatch.setenv("GWANJE_TEST_KEY", "alpha-secret")
    load(name)
    monkeypatch.setenv("GWANJE_TEST_KEY", "beta-secret")
    said = load(name)
    assert [line.split(": ")[0] for line in said if "key" in line] == ["  ~ backend.key"]
    assert "-secret" not in "\n".join(said) + json.dumps(rows(), default=str)


def test_several_files_are_taken_in_together_or_not_at_all(file: Any):
    wrong = file(OTHER.replace("supply: supply-1", "supply: supply-9"), "wrong.yaml")
    problem = refusal(file(DEMO), wrong, "nowhere.yaml").splitlines()
    assert problem[0].startswith(f"{wrong}:4: slots[0].instruments.supply: there is no instrument 'supply-9'")
    assert problem[1].startswith("nowhere.yaml:1: cannot be read")
    assert Station.objects.count() == 0
    load(file(DEMO), file(OTHER, "other.yaml"))
    assert list(Station.objects.values_list("pk", flat=True).order_by("pk")) == ["demo", "other"]


def test_two_files_of_one_station_are_refused(file: Any):
    said = "Several files describe station demo. Give each its own `station.id`."
    assert refusal(file(DEMO), file(DEMO, "again.yaml")) == said
    assert Station.objects.count() == 0


def test_station_of_another_host_is_left_to_it(file: Any):
    load(file(DEMO))
    Station.objects.update(host="bench-pc")
    assert load(file(DEMO))[0].endswith("nothing changes")
    assert refusal(file(DEMO.replace("192.0.2.10", "192.0.2.11"))) == (
        "Station 'demo' belongs to host bench-pc. Load its file there, or stop it there and start it here."
    )


def test_station_that_is_served_is_changed_by_its_next_start(file: Any):
    load(file(DEMO))
    Station.objects.update(heartbeat_at=Now())
    before = rows()
    load(file(DEMO))
    assert refusal(file(DEMO.replace("192.0.2.10", "192.0.2.11")), file(OTHER, "other.yaml")) == (
        "Station 'demo' is being served, so its file cannot be changed now. Stop it: the next start takes the file in."
    )
    assert rows() == before


def test_station_whose_heart_stands_still_is_served_while_its_lock_is_held(file: Any):
    load(file(DEMO))
    paths = settings.STATION_PATHS
    paths.data.mkdir(parents=True, exist_ok=True)
    paths.warden_config.write_text(json.dumps({"slots": [{"slot": "demo/slot-1"}]}))
    try:
        with paths.warden_lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert "A station is already running" in refusal(file(DEMO.replace("slot-1", "slot-2")))
    finally:
        paths.warden_config.unlink()


def test_what_is_hardly_meant_is_noted(file: Any):
    text = DEMO.replace("default_sequence: board_test", "default_sequence: no_such")
    text = text.replace("{supply: supply-1}}", "{}, sequence: board_test}")
    more = 'calibration_due: 2020-01-01, commands: {volts: {query: "VOLT"}, amps: {query: "CURR?"}}'
    text = text.replace('5025::SOCKET"}', f'5025::SOCKET", {more}}}')
    notes = [line for line in load(file(text)) if line.startswith("  Note: ")]
    assert [note.split(". ")[0].removesuffix(".") for note in notes] == [
        "  Note: station.default_sequence: there is no sequence 'no_such' here",
        "  Note: slot 'slot-1' has no board, load, meter, supply, which its sequence 'board_test' needs",
        "  Note: 'supply-1' is asked 'VOLT', without the ? of a question",
        "  Note: No slot uses instrument 'supply-1'",
        "  Note: The calibration of 'supply-1' was due on 2020-01-01",
    ]


def test_schema_is_printed_for_editors():
    assert "\n".join(load("--schema")) + "\n" == schema_text()
