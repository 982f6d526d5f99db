"""Taking in a station file: rows that say what the file says, however often."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db.models.functions import Now

from stations.models import Instrument, Slot, Station
from stations.provisioning import StationElsewhere, all_slot_settings, take_in
from stations.run_limits import Ladder, effective_ladder, effective_resources
from stations.station_file import read_station_file
from tests.rows import HOUSE, demo_station

pytestmark = pytest.mark.django_db


def test_take_in_makes_slots_lanes_and_instruments(monkeypatch: pytest.MonkeyPatch) -> None:
    station = demo_station(monkeypatch, lanes=2)
    assert (station.name, station.time_zone, station.default_sequence) == ("Demo bench", "Asia/Seoul", "board_test")
    assert list(Slot.objects.values_list("pk", "kind")) == [
        ("demo/lane-1", "LANE"),
        ("demo/lane-2", "LANE"),
        ("demo/slot-1", "SLOT"),
        ("demo/slot-2", "SLOT"),
    ]
    assert Instrument.objects.count() == 8


def test_ladder_and_resources_stand_in_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = demo_station(monkeypatch).configuration
    assert (effective_ladder(configuration), effective_resources(configuration, {})) == (Ladder(), {})


def test_take_in_twice_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    before = list(Slot.objects.values()), list(Instrument.objects.values())
    demo_station(monkeypatch)
    assert (list(Slot.objects.values()), list(Instrument.objects.values())) == before


def test_slot_that_the_file_no_longer_names_goes_out_of_service(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch, lanes=3)
    demo_station(monkeypatch, lanes=1)
    assert set(Slot.objects.filter(in_service=False).values_list("pk", flat=True)) == {"demo/lane-2", "demo/lane-3"}


def test_station_that_lives_elsewhere_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    Station.objects.update(heartbeat_at=Now())
    with pytest.raises(StationElsewhere, match="being served by host bench-pc"):
        take_in(read_station_file(HOUSE / "station.yaml"), host="other-pc", time_zone="UTC", lanes=1)


def test_lanes_are_slots_without_instruments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GWANJE_DATA_DIR", str(tmp_path))
    found = all_slot_settings(read_station_file(HOUSE / "station.yaml"), lanes=1)
    assert {slot["slot"]: sorted(slot["instruments"]) for slot in found} == {
        "demo/slot-1": ["board", "load", "meter", "supply"],
        "demo/slot-2": ["board", "load", "meter", "supply"],
        "demo/lane-1": [],
    }
