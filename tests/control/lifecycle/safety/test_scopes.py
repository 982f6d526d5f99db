"""What an emergency stop or a reset may be for, on this host and on others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from control.lifecycle.refusals import BadValue, UnknownName
from control.lifecycle.safety.scopes import (
    ALL,
    find_scope,
    find_slot,
    find_station,
    scope_here,
    slots_here,
    station_here,
)
from tests.control.hosts import this_host_has
from tests.rows import demo_station

HERE = ["bench/lane-1", "bench/slot-1"]


@pytest.fixture
def host() -> Iterator[None]:
    with this_host_has(*HERE):
        yield


@pytest.mark.parametrize("name", [ALL, "bench", *HERE])
def test_what_is_here_is_found_without_a_database(host: None, name: str) -> None:
    assert find_scope(name) == name


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["demo", "demo/slot-1"])
def test_what_is_elsewhere_is_found_in_the_database(host: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    demo_station(monkeypatch)
    assert find_scope(name) == name


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "dem", "demo/slot-9", "elsewhere/slot-1", "x" * 200, "a\0b", "demo/\udcff"])
def test_what_is_nowhere_is_refused(host: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    demo_station(monkeypatch)
    with pytest.raises(UnknownName):
        find_scope(name)


@pytest.mark.django_db
@pytest.mark.parametrize(("find", "name"), [(find_slot, "bench"), (find_station, "bench/slot-1"), (find_slot, ALL)])
def test_a_slot_is_no_station(host: None, find: Callable[[str], str], name: str) -> None:
    with pytest.raises(UnknownName):
        find(name)


@pytest.mark.django_db
def test_refusal_names_what_comes_near(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    with pytest.raises(UnknownName) as refused:
        find_scope("dem")
    assert str(refused.value) == "There is no station 'dem'. Did you mean 'demo'?"


def test_station_of_this_host_is_what_is_meant_by_default(host: None) -> None:
    assert (station_here(), scope_here()) == ("bench", "bench")


def test_host_without_a_station_has_to_be_told() -> None:
    with pytest.raises(BadValue):
        station_here()
    assert scope_here() == ALL


@pytest.mark.parametrize(
    ("scope", "slots"), [(ALL, HERE), ("bench", HERE), ("bench/slot-1", ["bench/slot-1"]), ("demo", [])]
)
def test_slots_of_a_scope_on_this_host(host: None, scope: str, slots: Any) -> None:
    assert slots_here(scope) == slots
