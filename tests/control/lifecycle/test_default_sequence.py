"""Which sequence runs when none is named."""

from __future__ import annotations

import pytest

from control.lifecycle.default_sequence import default_sequence
from control.lifecycle.refusals import BadValue, UnknownName
from stations.models import Slot, Station
from tests.rows import demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def test_the_slots_own_comes_before_its_stations() -> None:
    Slot.objects.filter(pk="demo/slot-1").update(sequence="step_loop")
    found = [default_sequence(name) for name in ("demo/slot-1", "demo/slot-2", None)]
    assert found == ["step_loop", "board_test", "board_test"]


def test_an_unknown_slot_is_refused() -> None:
    with pytest.raises(UnknownName):
        default_sequence("demo/slot-9")


@pytest.mark.parametrize("slot", ["demo/slot-1", None])
def test_no_default_at_all_is_refused(slot: str | None) -> None:
    Station.objects.update(default_sequence="")
    with pytest.raises(BadValue):
        default_sequence(slot)
