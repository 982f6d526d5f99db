"""A station of real processes with a small real instrument."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stations.safety.station_under_test import SLOT, StationUnderTest
from tests.stations.safety.tiny_supply import TinySupply


@pytest.fixture
def supply() -> Iterator[TinySupply]:
    instrument = TinySupply()
    yield instrument
    instrument.close()


@pytest.fixture
def make_station(tmp_path: Path) -> Iterator[Callable[[dict[str, dict[str, Any]]], StationUnderTest]]:
    """Builds a station, not yet started, with these instruments (by role) in its slots."""
    made: list[StationUnderTest] = []

    def make(slots: dict[str, dict[str, Any]]) -> StationUnderTest:
        made.append(StationUnderTest(tmp_path, slots))
        return made[-1]

    yield make
    for station in made:
        if hasattr(station, "warden"):
            station.end()
            station.leave_nobody()
        shutil.rmtree(station.paths.runtime, ignore_errors=True)


@pytest.fixture
def station(make_station: Callable[..., StationUnderTest], supply: TinySupply) -> StationUnderTest:
    """One slot with a supply, running."""
    return make_station({SLOT: {"supply": supply.settings(timeout_s=8)}}).start()
