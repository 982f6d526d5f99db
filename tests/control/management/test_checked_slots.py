"""`auto_start: true`: the start says of a slot what its first look has found, and of no other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from control.management.checked_slots import checked_slots
from stations.station_file import Instrument, Slot, Station, slot_settings
from tests.stations.safety.conftest import make_station, supply  # noqa: F401  (fixtures)
from tests.stations.safety.tiny_supply import TinySupply

pytestmark = pytest.mark.any_database


def described(*ports: int) -> Station:
    """One slot with a supply at each port, and one that nobody wants to be checked."""
    names = [f"supply-{number}" for number in range(len(ports))]
    instruments = {
        name: Instrument(name, "stations.drivers.scpi.ScpiInstrument", f"TCPIP::127.0.0.1::{port}::SOCKET")
        for name, port in zip(names, ports, strict=True)
    }
    slots = [Slot("slot-1", dict(zip(names, names, strict=True)), auto_start=True), Slot("slot-2", {})]
    return Station("demo", "Demo", slots, instruments)


def said(station: Station, make: Callable[..., Any]) -> list[str]:
    slots = slot_settings(station)
    running = make({slot["slot"]: slot["instruments"] for slot in slots})
    running.settings["probe_every_s"] = 2.0
    running.start()
    return list(checked_slots(station, slots, running.paths, time.sleep))


def test_slot_that_is_ready_is_said_to_be(make_station: Any, supply: TinySupply) -> None:  # noqa: F811
    assert said(described(supply.port), make_station) == ["demo/slot-1 is ready: 1 instrument"]


def test_what_is_missing_is_named(make_station: Any, supply: TinySupply) -> None:  # noqa: F811
    (sentence,) = said(described(supply.port, 1), make_station)
    begin = "demo/slot-1 is not ready: Instrument supply-1 at TCPIP::127.0.0.1::1::SOCKET cannot be reached"
    assert sentence.startswith(begin)


def test_other_slots_are_not_waited_for() -> None:
    station = described(1)
    station = replace(station, slots=[replace(slot, auto_start=False) for slot in station.slots])
    assert list(checked_slots(station, slot_settings(station), None, pytest.fail)) == []  # type: ignore[arg-type]
