"""What holds a batch back although a place is free, and that no two lanes begin the last one together."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from control.history.queue import held_back
from control.housekeeping.sweep import sweep
from control.lifecycle.claim import best_claimable, claim
from control.models import Batch, Dataset
from control.states import State
from stations.models import Slot, Station
from tests.control.lifecycle.work import work_station
from tests.rows import demo_station, queued

LANES = 4


@pytest.fixture
def station(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch, lanes=LANES)


def waiting(**columns: Any) -> Batch:
    batch = queued("step_loop", slot=None)
    Batch.objects.filter(pk=batch.pk).update(**columns)
    batch.refresh_from_db()
    return batch


def dataset(state: str = "READY", **more: Any) -> Dataset:
    station = Station.objects.get()
    known = {"name": "tiles", "kind": "UPLOAD", "station": station, "state": state, "sha256": "0" * 64}
    return Dataset.objects.create(**known | more)


def lane(number: int) -> Slot:
    return Slot.objects.get(pk=f"demo/lane-{number}")


def taken_by(number: int) -> Batch | None:
    stream = claim(lane(number))
    return None if stream is None else stream.batch


def end(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=State.COMPLETED, ended_at=timezone.now())


def test_third_analysis_waits_and_says_so_while_other_work_goes_by(station: None) -> None:
    first, second, third = (waiting(kind="analysis") for _ in range(3))
    other = waiting()
    assert [taken_by(1), taken_by(2), taken_by(3), taken_by(4)] == [first, second, other, None]
    assert held_back(third) == "2 of 2 analyses run already on demo."
    assert sweep("demo") == ["demo/lane-1", "demo/lane-2", "demo/lane-3"]  # nobody looks after these; lane 4 is left
    end(first)
    assert held_back(third) == ""
    assert taken_by(4) == third


def test_station_says_how_many_analyses_run(station: None) -> None:
    Station.objects.update(analyses=1)
    first, second = waiting(kind="analysis"), waiting(kind="analysis")
    assert [taken_by(1), taken_by(2)] == [first, None]
    assert held_back(second) == "1 of 1 analyses run already on demo."


def test_paused_analysis_counts(station: None) -> None:
    Station.objects.update(analyses=1)
    first, second = waiting(kind="analysis"), waiting(kind="analysis")
    assert taken_by(1) == first
    Batch.objects.filter(pk=first.pk).update(state=State.PAUSED)
    assert (taken_by(2), bool(held_back(second))) == (None, True)


def test_sequence_runs_no_more_often_than_it_declares(station: None) -> None:
    first, second = waiting(concurrent=1), waiting(concurrent=1)
    assert [taken_by(1), taken_by(2)] == [first, None]
    assert held_back(second) == "1 of 1 batches of step_loop run already."


def test_what_runs_elsewhere_does_not_count(station: None) -> None:
    Station.objects.create(pk="other", name="other", time_zone="UTC", host="h", configuration_sha256="0")
    there = Slot.objects.create(pk="other/lane-1", station_id="other", name="lane-1", kind="LANE", position=0)
    first = waiting(concurrent=1)
    Batch.objects.filter(pk=first.pk).update(station="other", slot=there, state=State.RUNNING)
    second = waiting(concurrent=1)
    assert taken_by(1) == second


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("RECEIVING", "Dataset tiles still receives files."),
        ("READING", "Dataset tiles is still being read."),
        ("FAILED", "Dataset tiles cannot be read: the folder is gone"),
    ],
)
@pytest.mark.parametrize("which", ["dataset", "target_dataset"])
def test_batch_waits_for_its_datasets(station: None, state: str, why: str, which: str) -> None:
    made = dataset(state, message="the folder is gone")
    batch = waiting(**{"dataset": dataset(), which: made})
    assert (taken_by(1), held_back(batch)) == (None, why)
    Dataset.objects.filter(pk=made.pk).update(state="READY")
    assert (held_back(batch), taken_by(1)) == ("", batch)


def test_one_lane_stays_free_for_urgent_work(station: None) -> None:
    tiles = dataset()
    first = [waiting(dataset=tiles) for _ in range(LANES)]
    assert [taken_by(number) for number in range(1, LANES + 1)] == [*first[:-1], None]
    assert held_back(first[-1]) == "One lane of demo is kept free for urgent work."
    urgent = waiting(dataset=tiles, priority=Batch.Priority.URGENT)
    assert taken_by(LANES) == urgent


def test_bench_takes_no_lane_and_is_not_held_back_for_urgent_work(station: None) -> None:
    tiles = dataset()
    for number in range(1, LANES):
        waiting(dataset=tiles)
        taken_by(number)
    bench, certain_lane = waiting(dataset=tiles, slot="demo/slot-1"), waiting(dataset=tiles, slot=lane(LANES))
    assert (held_back(bench), held_back(certain_lane)) == ("", "One lane of demo is kept free for urgent work.")
    stream = claim(Slot.objects.get(pk="demo/slot-1"))
    assert (stream and stream.batch, taken_by(LANES)) == (bench, None)


def test_best_claimable_is_what_a_claim_takes(station: None) -> None:
    Station.objects.update(analyses=1)
    batches = [waiting(kind="analysis"), waiting(kind="analysis"), waiting(dataset=dataset("READING")), waiting()]
    assert [(best_claimable(lane(number)), taken_by(number)) for number in range(1, LANES)] == [
        (batches[0], batches[0]),
        (batches[3], batches[3]),
        (None, None),
    ]
    urgent = waiting(priority=Batch.Priority.URGENT)
    assert best_claimable(lane(1)) == urgent  # whatever runs there now


def test_sequence_declares_what_its_batches_count_as(station: None, monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)
    assert (queued("lane_work", slot=None).kind, queued("lane_work", slot=None).concurrent) == ("test", None)
    limited = queued("limited_work", slot=None)
    assert (limited.kind, limited.concurrent) == ("analysis", 1)


def test_only_lane_of_a_station_is_not_kept_free(station: None) -> None:
    Slot.objects.filter(kind="LANE").exclude(pk="demo/lane-1").update(in_file=False)
    batch = waiting(dataset=dataset())
    assert taken_by(1) == batch


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", [{"kind": "analysis"}, {"concurrent": 2}])
def test_lanes_that_look_together_keep_the_limit(monkeypatch: pytest.MonkeyPatch, limit: dict[str, Any]) -> None:
    demo_station(monkeypatch, lanes=8)
    for _ in range(8):
        waiting(**limit)
    together, taken = threading.Barrier(8), []

    def look(number: int) -> None:
        slot = lane(number)
        together.wait(10)
        if claim(slot) is not None:
            taken.append(number)
        connection.close()

    threads = [threading.Thread(target=look, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), Batch.objects.filter(state=State.RUNNING).count()) == (2, 2)
