"""The demo batch: on simulated instruments alone, and told when it has ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from control.lifecycle.safety.scopes import ALL
from control.management.demo import DemoWatch, NoDemo, begin_demo
from control.models import Batch
from control.states import State
from stations.models import Slot
from stations.station_file import read_station_file
from tests.rows import demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture
def described(monkeypatch, settings):
    demo_station(monkeypatch)
    return read_station_file(Path(settings.BASE_DIR) / "station.yaml")


def with_real(described, *names):
    instruments = {
        name: replace(instrument, simulation=None) if name in names else instrument
        for name, instrument in described.instruments.items()
    }
    return replace(described, instruments=instruments)


def test_demo_batch_goes_to_the_first_slot(described):
    batch = begin_demo(described)
    assert (batch.slot_id, batch.sequence, batch.subject, batch.state) == (
        "demo/slot-1",
        "board_test",
        "DEMO-1",
        State.QUEUED,
    )


def test_demo_batch_never_meets_a_real_instrument(described):
    assert begin_demo(with_real(described, "supply-1")).slot_id == "demo/slot-2"
    with pytest.raises(NoDemo, match=r"^Every slot has real instruments\.$"):
        begin_demo(with_real(described, "supply-1", "meter-2"))
    with pytest.raises(NoDemo, match="this station has none"):
        begin_demo(replace(described, slots=[]))
    assert Batch.objects.count() == 1


def test_demo_batch_is_refused_by_a_latched_slot(described):
    Slot.objects.filter(pk="demo/slot-1").update(latch={"by": "anna", "scope": ALL})
    with pytest.raises(NoDemo, match=r"^Slot demo/slot-1 is latched: anna pressed the emergency stop"):
        begin_demo(described)


def test_verdict_is_told_once(described):
    watch = DemoWatch(begin_demo(described))
    assert watch.verdict() is None
    began = watch.batch.created_at
    Batch.objects.update(state=State.COMPLETED, outcome="PASS", started_at=began, ended_at=began)
    watch._look_at = 0.0
    assert (watch.verdict(), watch.verdict()) == ("Board test DEMO-1: PASS after 0 s", None)
