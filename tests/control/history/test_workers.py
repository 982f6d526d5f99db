"""Who works: hosts, processes, and what each place has in hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from control.history.facts import Facts
from control.history.workers import read_workers
from control.housekeeping.heartbeat import beat, fall_silent
from control.models import Batch, Chunk, ChunkedStep, Helper
from stations.models import Slot, Station
from tests.rows import demo_station, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch, lanes=3)


def only() -> Facts:
    [station] = read_workers(timezone.now())
    return station


def place(name: str) -> Facts:
    return next(place for place in only()["places"] if place["name"] == name)


def step_over_items(batch: Batch) -> ChunkedStep:
    known: dict[str, Any] = {
        "step": 0,
        "name": "measure",
        "first_of_target": 100,
        "total_items": 100,
        "uncut_items": 80,
    }
    return ChunkedStep.objects.create(batch=batch, began_at=timezone.now(), **known)


def chunk(step: ChunkedStep, number: int, slot: str, helper: Helper | None = None) -> Chunk:
    known = {"items": [1, 2, 3], "state": "RUNNING", "began_at": timezone.now()}
    return Chunk.objects.create(chunked_step=step, number=number, slot_id=slot, helper=helper, **known)


def test_host_is_told_with_its_load_and_its_last_sign_of_life() -> None:
    assert (only()["alive"], only()["load"], only()["heartbeat_at"]) == (False, None, None)
    beat("demo")
    told = only()
    assert (told["alive"], told["host"], told["processors"] >= 1, told["load"] >= 0) == (True, "bench-pc", True, True)
    fall_silent("demo")
    assert (only()["alive"], only()["heartbeat_at"]) == (False, None)
    Station.objects.update(heartbeat_at=Now())
    assert only()["alive"]


def test_place_is_told_with_its_processes_and_its_batch() -> None:
    stream = running(name="Morning")
    Slot.objects.filter(pk="demo/slot-1").update(guard_pid=4711, runner_pid=4712)
    told = place("slot-1")
    assert (told["state"], told["guard_pid"], told["runner_pid"]) == ("BUSY", 4711, 4712)
    assert (told["batch"]["id"], told["batch"]["name"]) == (str(stream.batch_id), "Morning")
    idle = place("slot-2")
    assert (idle["state"], idle["batch"], idle["helps"], idle["chunk"]) == ("IDLE", None, None, None)


def test_lane_with_chunks_of_its_own_batch_and_a_lane_that_helps() -> None:
    batch = running("demo/lane-1", sequence="step_loop", name="Tiles").batch
    step = step_over_items(batch)
    helper = Helper.objects.create(
        chunked_step=step, slot_id="demo/lane-2", began_at=timezone.now(), seen_at=timezone.now()
    )
    gone = Helper.objects.create(
        chunked_step=step,
        slot_id="demo/lane-3",
        began_at=timezone.now(),
        seen_at=timezone.now(),
        ended_at=timezone.now(),
    )
    chunk(step, 4, "demo/lane-1"), chunk(step, 5, "demo/lane-2", helper), chunk(step, 6, "demo/lane-3", gone)
    own, helping, left = (place(f"lane-{number}") for number in (1, 2, 3))
    assert (own["batch"]["name"], own["helps"], own["chunk"]["number"]) == ("Tiles", None, 4)
    assert (helping["batch"], helping["helps"]["name"], helping["state"]) == (None, "Tiles", "BUSY")
    assert (helping["chunk"]["number"], helping["chunk"]["items"], helping["chunk"]["step"]) == (5, 3, "measure")
    assert (left["helps"], left["chunk"], left["state"]) == (None, None, "IDLE")


def test_three_places_cost_as_many_queries_as_none(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(5):
        read_workers(timezone.now())
    for lane in ("demo/lane-1", "demo/lane-2", "demo/lane-3"):
        batch = running(lane, sequence="step_loop").batch
        chunk(step_over_items(batch), 0, lane)
    with django_assert_num_queries(5):
        assert sum(place["chunk"] is not None for place in read_workers(timezone.now())[0]["places"]) == 3


def test_place_that_is_gone_from_the_file_is_left_out() -> None:
    Slot.objects.filter(pk="demo/lane-3").update(in_file=False)
    assert [place["name"] for place in only()["places"]] == ["slot-1", "slot-2", "lane-1", "lane-2"]
