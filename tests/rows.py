"""Rows for tests that need a station in the database but no processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from control.lifecycle.actor import Actor
from control.lifecycle.claim import claim
from control.lifecycle.submit import Order, submit
from control.models import Batch, ControlEvent, Stream
from stations.models import Slot, Station
from stations.provisioning import take_in
from stations.station_file import read_station_file

HOUSE = Path(__file__).resolve().parent.parent
ANNA = Actor("anna", ControlEvent.Face.COMMAND)


def demo_station(monkeypatch: Any, lanes: int = 2) -> Station:
    """The station of the bundled station file."""
    monkeypatch.setenv("GWANJE_DATA_DIR", "/tmp/gwanje-nowhere")
    return take_in(read_station_file(HOUSE / "station.yaml"), host="bench-pc", time_zone="Asia/Seoul", lanes=lanes)


def queued(sequence: str = "board_test", slot: str | None = "demo/slot-1", **more: Any) -> Batch:
    return submit(Order(sequence=sequence, slot=slot, **more), by=ANNA, trigger=Batch.Trigger.MANUAL)


def running(slot: str = "demo/slot-1", **more: Any) -> Stream:
    """A claimed batch, seen through its stream."""
    queued(slot=slot, **more)
    stream = claim(Slot.objects.get(pk=slot))
    assert stream is not None
    return stream
