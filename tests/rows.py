"""Rows for tests that need a station in the database but no processes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from control.lifecycle.actor import Actor
from control.lifecycle.claim import claim
from control.lifecycle.schedule_plan import Plan
from control.lifecycle.schedules import create_schedule
from control.lifecycle.submit import Order, submit
from control.models import Batch, ControlEvent, Prompt, Schedule, Stream
from stations.models import Slot, Station
from stations.provisioning import take_in
from stations.station_file import Station as Described
from stations.station_file import read_station_file

HOUSE = Path(__file__).resolve().parent.parent
ANNA = Actor("anna", ControlEvent.Face.COMMAND)


def demo_station(monkeypatch: Any, lanes: int = 2) -> Station:
    """The station of the bundled station file."""
    monkeypatch.setenv("GWANJE_DATA_DIR", "/tmp/gwanje-nowhere")
    return take_in(_bundled(), host="bench-pc", time_zone="Asia/Seoul", lanes=lanes)


@cache
def _bundled() -> Described:
    return read_station_file(HOUSE / "station.yaml")


def queued(sequence: str = "board_test", slot: str | None = "demo/slot-1", **more: Any) -> Batch:
    return submit(Order(sequence=sequence, slot=slot, **more), by=ANNA, trigger=Batch.Trigger.MANUAL)


def scheduled(**more: Any) -> Schedule:
    """A schedule for every night."""
    plan = {"name": "nightly", "order": Order("board_test", "demo/slot-1"), "cron": "30 2 * * *", **more}
    return create_schedule(Plan(action=Schedule.Action.RUN_SEQUENCE, **plan), by=ANNA)


def running(slot: str = "demo/slot-1", **more: Any) -> Stream:
    """A claimed batch, seen through its stream."""
    queued(slot=slot, **more)
    stream = claim(Slot.objects.get(pk=slot))
    assert stream is not None
    return stream


def ask(batch: Batch, key: str = "p1", type: str = "number", **question: Any) -> Prompt:
    """A prompt that waits."""
    known = {"message": "How long?", "choices": [], "unit": "", "minimum": None, "maximum": None, "default": None}
    asked = {**known, "image": None, "timeout_s": None, **question}
    Batch.objects.filter(pk=batch.pk).update(open_prompt=key)
    return Prompt.objects.create(batch=batch, key=key, step=0, type=type, question=asked, asked_at=timezone.now())
