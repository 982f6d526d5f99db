"""Cutting chunks: how large they are, and of which items."""

from __future__ import annotations

from typing import Any

import pytest

from control.lifecycle.chunks.claim import MOST_ITEMS, chunk_size, mean_item_ms
from control.models import Batch, Chunk, Dataset
from control.states import State
from tests.control.lifecycle.chunks.work_over_items import (
    after,
    all_done,
    batch_over,
    begun,
    claimed,
    files,
    step_over,
    tried,
)

pytestmark = pytest.mark.django_db
MIB = 1024**2


def cut(opened: Any, most: int = 100) -> list[list[int]]:
    return [chunk.items for chunk in claimed(opened, most)]


def test_chunks_are_cut_in_order_until_nothing_is_left() -> None:
    opened = step_over(25)
    assert cut(opened, 2) == [list(range(10)), list(range(10, 20))]
    assert cut(opened) == [[20, 21, 22, 23, 24]]
    assert cut(opened) == []
    assert list(Chunk.objects.values_list("number", "state", "token")) == [(n, "RUNNING", 1) for n in range(3)]


@pytest.mark.parametrize(("size", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (500, [7])])
def test_size_of_chunks_is_what_the_batch_says(size: int, sizes: list[int]) -> None:
    assert [len(chunk) for chunk in cut(step_over(7, chunk_size=size))] == sizes


@pytest.mark.parametrize(("file_size", "expected"), [(1000, 20), (MIB, 10), (3 * MIB, 10), (5 * MIB, 5)])
def test_automatic_chunks_begin_by_the_mean_size_of_a_file(file_size: int, expected: int) -> None:
    opened = step_over(25, chunk_size=0)
    Dataset.objects.update(total_bytes=25 * file_size)
    assert len(claimed(opened)[0].items) == expected


@pytest.mark.parametrize(("item_ms", "expected"), [(100, 20), (2.0, MOST_ITEMS), (0.0, MOST_ITEMS), (9000, 1)])
def test_automatic_chunks_then_aim_at_two_seconds_of_work(item_ms: float, expected: int) -> None:
    opened = step_over(2000, chunk_size=0)
    tried(claimed(opened)[0], ms=20 * item_ms)
    assert mean_item_ms(opened) == item_ms
    assert chunk_size(opened, Batch.objects.get()) == expected


def test_measured_time_is_that_of_the_last_chunks() -> None:
    opened = step_over(300)
    first, *others = claimed(opened, 21)
    tried(first, ms=100_000.0)
    assert mean_item_ms(opened) == 10_000.0
    for chunk in others:
        tried(chunk, ms=70.0)
    first.refresh_from_db()
    Chunk.objects.exclude(pk=first.pk).update(ended_at=first.ended_at.replace(year=2030))
    assert mean_item_ms(opened) == 7.0


def test_chunk_with_long_paths_fits_into_one_datagram() -> None:
    opened = step_over(60, chunk_size=60)
    long = "한" * 300  # three bytes each in UTF-8, and twice in what is sent
    for file in opened.batch.dataset.files.all():
        file.path = f"{long}/{file.path}"
        file.save()
    sizes = [len(chunk) for chunk in cut(opened)]
    assert (sum(sizes), max(sizes) <= 120 * 1024 // 2300, len(sizes)) == (60, True, 2)


def test_target_dataset_has_the_indexes_behind_those_of_the_dataset() -> None:
    opened = step_over(3, target=4, chunk_size=5)
    assert opened.total_items == 7
    assert cut(opened) == [[0, 1, 2, 3, 4], [5, 6]]


def test_second_step_takes_what_the_first_one_completed() -> None:
    opened = step_over(25)
    first, *others = claimed(opened, 3)
    tried(first, bad=[0, 7])
    for chunk in others:
        tried(chunk)
    second = begun(opened.batch, 1, "n")
    assert (second.after, second.total_items) == (opened, 23)
    assert cut(second) == [[*range(1, 7), 8, 9, 10, 11], [*range(12, 22)], [22, 23, 24]]


def test_step_that_begins_again_stays_as_it_is() -> None:
    opened = step_over(25)
    claimed(opened, 2)
    again = begun(opened.batch)
    assert (again.pk, again.uncut_items, again.next_index) == (opened.pk, 5, 20)


def first_step_done() -> Batch:
    """A batch whose first step over items is over: 0 and 7 have failed in it."""
    opened = step_over(25)
    for chunk in claimed(opened, 3):
        tried(chunk, bad=[0, 7] if chunk.number == 0 else [])
    return opened.batch


@pytest.mark.parametrize("resumptions", [1, 2])
def test_second_step_takes_what_the_first_one_completed_in_an_earlier_batch(resumptions: int) -> None:
    batch = first_step_done()
    for _ in range(resumptions):
        batch = after(batch, finished=[0])
    second = begun(batch, 1, "n")
    assert (second.total_items, second.uncut_items, second.after.step) == (23, 23, 0)
    assert cut(second) == [[*range(1, 7), 8, 9, 10, 11], [*range(12, 22)], [22, 23, 24]]


def test_second_step_takes_the_nearest_one_where_the_first_was_done_again() -> None:
    batch = after(first_step_done())
    Batch.objects.filter(pk=batch.pk).update(carried=None)
    again = begun(Batch.objects.get(pk=batch.pk))
    all_done(again)
    second = begun(after(again.batch, finished=[0]), 1, "n")
    assert (second.after, second.total_items) == (again, 25)


def test_second_step_takes_all_files_where_they_were_read_anew_since() -> None:
    batch = after(first_step_done(), finished=[0])
    Dataset.objects.filter(pk=batch.dataset_id).update(read_at=batch.created_at)
    second = begun(batch, 1, "n")
    assert (second.after, second.total_items) == (None, 25)


def test_batch_that_does_not_run_gives_nothing() -> None:
    opened = step_over(25)
    for state in (State.PAUSED, State.QUEUED):
        Batch.objects.update(state=state)
        assert claimed(opened) == []
    Batch.objects.update(state=State.RUNNING)
    assert len(claimed(opened)) == 1


def test_dataset_without_files_has_no_chunk() -> None:
    batch = batch_over(1)
    Batch.objects.update(dataset=files(0, "nothing"))
    opened = begun(batch)
    assert (opened.total_items, cut(opened)) == (0, [])
