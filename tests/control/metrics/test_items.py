"""How far batches over items are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from control.lifecycle.finish import End, finish
from control.metrics.eta import times_left
from control.metrics.items import ITEMS_SHARE, items_of
from control.models import Batch, ChunkedStep
from control.states import State, StepOutcome
from tests.control.lifecycle.chunks.work_over_items import (
    LANES,
    all_done,
    batch_over,
    begun,
    claimed,
    help_of,
    step_over,
    tried,
)
from tests.rows import demo_station, queued

pytestmark = pytest.mark.django_db
COUNTS = ("total_items", "completed_items", "failed_items", "total_chunks", "completed_chunks", "failed_chunks")


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch, lanes=3)


def figures(opened: ChunkedStep) -> dict[str, Any]:
    batch = Batch.objects.select_related("dataset", "target_dataset").get(pk=opened.batch_id)
    return items_of([batch])[batch.pk]


def counts(opened: ChunkedStep) -> tuple[int, ...]:
    found = figures(opened)
    return tuple(found[name] for name in COUNTS)


def test_batch_without_a_dataset_has_no_figures() -> None:
    assert items_of([queued()]) == {}


def test_chunks_that_are_not_cut_yet_count_too() -> None:
    opened = step_over(25, target=10)
    assert counts(opened) == (35, 0, 0, 4, 0, 0)
    first, *_ = claimed(opened, 2)
    tried(first, bad=[3])
    assert counts(opened) == (35, 9, 1, 4, 0, 1)


def test_chunks_that_are_split_add_to_the_total() -> None:
    opened = step_over(20)
    for _ in range(2):
        chunk = next(chunk for chunk in claimed(opened, 2) if chunk.number == 0)
        tried(chunk, failed=[1, 2])
    assert counts(opened) == (20, 8, 0, 4, 1, 0)
    all_done(opened)
    Batch.objects.filter(pk=opened.batch_id).update(state=State.RUNNING)
    assert figures(opened)["completed_items"] == 10  # the second chunk is still in the first lane's hand


def test_items_that_are_tried_again_count_once() -> None:
    opened = step_over(10)
    tried(claimed(opened)[0], failed=[9])
    assert counts(opened) == (10, 9, 0, 1, 0, 0)
    tried(claimed(opened)[0])
    assert counts(opened) == (10, 10, 0, 1, 1, 0)


def test_progress_leaves_room_for_the_steps_around() -> None:
    opened = step_over(20)
    assert figures(opened)["progress"] == 0.0
    tried(claimed(opened)[0])
    assert figures(opened)["progress"] == round(ITEMS_SHARE * 0.25, 4)  # half of the first of two steps over items
    all_done(opened)
    assert figures(opened)["progress"] == round(ITEMS_SHARE * 0.5, 4)
    second = begun(opened.batch, 1, "n")
    all_done(second)
    assert (figures(opened)["progress"], counts(opened)) == (ITEMS_SHARE, (20, 20, 0, 4, 4, 0))


def test_item_that_failed_in_one_step_counts_once_over_all() -> None:
    opened = step_over(10)
    tried(claimed(opened)[0], bad=[1, 2])
    second = begun(opened.batch, 1, "n")
    assert counts(opened) == (10, 0, 2, 2, 0, 1)
    tried(claimed(second)[0], bad=[3])
    assert counts(opened) == (10, 7, 3, 2, 0, 2)


def test_items_that_failed_before_in_a_step_that_was_carried_over_are_none_of_the_batch() -> None:
    first = step_over(10)
    tried(claimed(first)[0], bad=[1, 2])
    finish(first.batch_id, End(State.CRASHED, StepOutcome.ERROR, timezone.now()))
    following = batch_over(1)
    steps = [{"first": 0, "last": 0, "outcome": "PASS", "marginal": False}]
    carried = {"batch": str(first.batch_id), "steps": steps, "saved": {}, "items": True}
    Batch.objects.filter(pk=following.pk).update(dataset=first.batch.dataset, origin=first.batch, carried=carried)
    second = begun(following, 1, "n")
    assert counts(second) == (8, 0, 0, 1, 0, 0)
    all_done(second)
    assert (counts(second), figures(second)["progress"]) == ((8, 8, 0, 1, 1, 0), ITEMS_SHARE)


def test_pace_is_that_of_all_lanes() -> None:
    opened = step_over(40)
    assert (figures(opened)["lanes"], figures(opened)["items_per_second"]) == (1, None)
    tried(claimed(opened)[0], ms=1000.0)
    found = figures(opened)
    assert (found["lanes"], found["items_per_second"], found["items_seconds_left"]) == (1, 10.0, 3.0 + 4.0)  # n, too
    help_of(opened, LANES[1]), help_of(opened, LANES[2])
    found = figures(opened)
    assert (found["lanes"], found["items_per_second"], found["items_seconds_left"]) == (3, 30.0, round(7.0 / 3, 1))


@pytest.mark.parametrize("state", [State.PAUSED, State.COMPLETED])
def test_what_does_not_move_has_no_pace(state: str) -> None:
    opened = step_over(40)
    tried(claimed(opened)[0], ms=1000.0)
    ended = timezone.now() if state == State.COMPLETED else None
    Batch.objects.update(state=state, ended_at=ended)
    found = figures(opened)
    assert (found["lanes"], found["items_per_second"], found["items_seconds_left"]) == (0, None, None)


def test_figures_of_an_ended_batch_stay() -> None:
    opened = step_over(25)
    tried(claimed(opened, 2)[0], bad=[0])
    finish(opened.batch_id, End(State.STOPPED, StepOutcome.NONE, timezone.now()))
    assert counts(opened)[:3] == (25, 9, 1)
    assert figures(opened)["progress"] == Batch.objects.get().progress


@pytest.mark.parametrize("number", [1, 3])
def test_figures_of_many_batches_take_as_many_queries_as_those_of_one(
    number: int, django_assert_num_queries: Any
) -> None:
    for lane in LANES[:number]:
        tried(claimed(step_over(25, lane=lane))[0])
        Batch.objects.update(state=State.PAUSED)
    batches = list(Batch.objects.select_related("dataset", "target_dataset"))
    with django_assert_num_queries(3):
        assert len(items_of(batches)) == number


@pytest.mark.parametrize("number", [1, 3])
def test_figures_of_running_batches_take_few_queries(number: int, django_assert_num_queries: Any) -> None:
    for lane in LANES[:number]:
        opened = step_over(25, lane=lane)
        tried(claimed(opened)[0])
    batches = list(Batch.objects.select_related("dataset", "target_dataset"))
    with django_assert_num_queries(6):
        assert len(items_of(batches)) == number


@pytest.mark.parametrize("number", [1, 3])
def test_automatic_chunks_of_ended_batches_take_no_query_each(number: int, django_assert_num_queries: Any) -> None:
    for lane in LANES[:number]:
        opened = step_over(100, lane=lane, chunk_size=0)
        tried(claimed(opened)[0])
        finish(opened.batch_id, End(State.STOPPED, StepOutcome.NONE, timezone.now()))
    batches = list(Batch.objects.select_related("dataset", "target_dataset"))
    with django_assert_num_queries(3):
        assert [found["total_chunks"] for found in items_of(batches).values()] == [5] * number


def after_one_of_both_steps() -> None:
    """History: a whole batch, whose items took 20 ms in m and 500 ms in n."""
    opened = step_over(10)
    tried(claimed(opened)[0], ms=200.0)
    tried(claimed(begun(opened.batch, 1, "n"))[0], ms=5000.0)
    finish(opened.batch_id, End(State.COMPLETED, StepOutcome.PASS, timezone.now()))


def seconds_left_of(opened: ChunkedStep) -> float | None:
    batch = Batch.objects.get(pk=opened.batch_id)
    now = timezone.now()
    Batch.objects.filter(pk=batch.pk).update(started_at=now - timedelta(seconds=1))
    return times_left([Batch.objects.get(pk=batch.pk)], now)[batch.pk]


def test_time_left_contains_the_steps_over_items_that_are_to_come() -> None:
    after_one_of_both_steps()
    opened = step_over(20)
    assert seconds_left_of(opened) == pytest.approx(20 * (0.02 + 0.5) - 1)  # nothing done yet
    tried(claimed(opened)[0], bad=[1, 2], ms=400.0)
    assert seconds_left_of(opened) == pytest.approx(10 * 0.04 + 18 * 0.5)
    all_done(opened)
    second = begun(opened.batch, 1, "n")
    assert seconds_left_of(second) == pytest.approx(20 * (0.02 + 0.5) - 1)
    tried(claimed(second)[0], ms=3000.0)
    assert seconds_left_of(second) == pytest.approx(8 * 0.3)


def test_time_left_leaves_out_what_was_taken_over() -> None:
    after_one_of_both_steps()
    opened = step_over(20)
    steps = [{"first": 1, "last": 1, "outcome": "PASS", "marginal": False}]
    Batch.objects.filter(pk=opened.batch_id).update(carried={"steps": steps})
    assert seconds_left_of(opened) is None  # 20 * 0.02 s are over
    tried(claimed(opened)[0], ms=400.0)
    assert seconds_left_of(opened) == pytest.approx(10 * 0.04)
