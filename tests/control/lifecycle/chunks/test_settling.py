"""What lanes say of chunks and items: every item once, whatever is told twice, late, or by a lane that was given up."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from control.lifecycle.chunks.claim import left_of
from control.lifecycle.chunks.over import is_settled
from control.lifecycle.chunks.settle import ERRORS_PER_PAGE, cancel_chunks, give_back
from control.lifecycle.finish import End, finish
from control.models import Chunk, ChunkedStep, ErrorLog, Item
from control.states import State, StepOutcome
from sequences.items.retrying import LOSSES
from tests.control.lifecycle.chunks.work_over_items import (
    all_done,
    bad_line,
    begun,
    begun_line,
    chunk_states,
    claimed,
    done_line,
    ended_line,
    items,
    settle,
    step_over,
    tried,
    try_of,
)
from tests.rows import queued
from tests.spool_lines import AT

pytestmark = pytest.mark.django_db


def counted(chunk: Chunk) -> tuple[Any, ...]:
    chunk.refresh_from_db()
    return chunk.state, chunk.completed_items, chunk.failed_items, chunk.tries


def test_chunk_is_completed_with_its_items() -> None:
    opened = step_over(12)
    chunk = tried(claimed(opened)[0])
    assert counted(chunk) == ("COMPLETED", 10, 0, 0)
    assert (chunk.began_at.timestamp(), chunk.ended_at.timestamp(), chunk.busy_ms) == (AT, AT + 1, 50.0)
    item = Item.objects.get(index=3)
    assert (item.path, item.chunk, item.slot, item.attempts) == ("00003.png", 0, "demo/lane-1", 1)
    assert (item.state, item.result, item.duration_ms, item.files) == ("COMPLETED", {"i": 3}, 2.5, [])


def test_item_that_was_judged_fails_its_chunk_and_no_other_item() -> None:
    opened = step_over(12)
    assert counted(tried(claimed(opened)[0], bad=[4])) == ("FAILED", 9, 1, 0)
    item = Item.objects.get(index=4)
    told = (item.state, item.stage, item.category, item.exception, item.message, item.result)
    assert told == ("FAILED", "decode", "sequence", "BadItem", "it is empty", None)


def test_page_that_is_delivered_twice_counts_once() -> None:
    opened = step_over(12)
    chunk = claimed(opened)[0]
    page = try_of(chunk, failed=[1, 2], bad=[3])
    settle(opened.batch_id, page)
    settle(opened.batch_id, page)
    assert counted(chunk) == ("PENDING", 7, 1, 1)
    settle(opened.batch_id, page[:5])
    assert (counted(chunk), len(items(opened))) == (("PENDING", 7, 1, 1), 8)


def test_item_that_is_told_twice_is_one_row() -> None:
    opened = step_over(12)
    chunk = claimed(opened)[0]
    settle(opened.batch_id, [done_line(chunk, 1), done_line(chunk, 1, result={"i": "again"})])
    settle(opened.batch_id, [bad_line(chunk, 1)])
    assert Item.objects.get().state == "FAILED"  # the last word of the claim that holds
    assert counted(chunk) == ("RUNNING", 0, 1, 0)


def test_lines_of_a_stale_claim_have_no_effect() -> None:
    opened = step_over(12)
    chunk = claimed(opened)[0]
    stale = try_of(chunk, bad=[0])
    give_back([Chunk.objects.get(pk=chunk.pk)], lost=False)
    settle(opened.batch_id, stale)
    [again] = [chunk for chunk in claimed(opened, 3) if chunk.number == 0]
    settle(opened.batch_id, stale)
    assert (again.token, items(opened), counted(again)) == (3, {}, ("RUNNING", 0, 0, 0))
    assert counted(tried(again)) == ("COMPLETED", 10, 0, 0)


def test_lines_of_a_step_that_is_over_have_no_effect() -> None:
    opened = step_over(12)
    chunk = claimed(opened)[0]
    ChunkedStep.objects.update(over=True)
    settle(opened.batch_id, try_of(chunk))
    assert items(opened) == {}


def test_chunk_that_failed_is_tried_again_with_what_is_left() -> None:
    opened = step_over(10)
    chunk = tried(claimed(opened)[0], failed=[2, 5])
    assert (counted(chunk), chunk.message) == (("PENDING", 8, 0, 1), "its process died of it")
    [again] = claimed(opened)
    assert (again.pk, again.token) == (chunk.pk, 2)


def test_second_failure_splits_what_is_left() -> None:
    opened = step_over(15)
    chunk = tried(claimed(opened)[0], failed=[2, 5, 7])
    rest, again = claimed(opened, 2)
    assert (rest.items, left_of(again)) == ([10, 11, 12, 13, 14], [2, 5, 7])
    chunk = tried(again, failed=[2, 5, 7])
    assert (counted(chunk), chunk.items) == (("COMPLETED", 7, 0, 2), [0, 1, 3, 4, 6, 8, 9])
    split = Chunk.objects.filter(split_from=0).values_list("number", "items", "tries", "state", "message")
    why = "its process died of it"
    assert list(split) == [(number, [index], 2, "PENDING", why) for number, index in enumerate([2, 5, 7], 2)]


def test_chunk_of_which_nothing_was_done_keeps_its_first_item_when_it_is_split() -> None:
    opened = step_over(3)
    for _ in range(2):
        chunk = tried(claimed(opened)[0], failed=[0, 1, 2])
    assert list(Chunk.objects.values_list("number", "items", "split_from", "state")) == [
        (0, [0], None, "PENDING"),
        (1, [1], 0, "PENDING"),
        (2, [2], 0, "PENDING"),
    ]
    assert counted(chunk) == ("PENDING", 0, 0, 2)


def test_poison_is_found_alone_and_given_up_after_its_tries() -> None:
    opened = step_over(10)
    seen: list[list[int]] = []
    while chunks := claimed(opened):
        seen.append(left_of(chunks[0]))
        tried(chunks[0], failed=[6])
    assert seen == [[*range(10)], [6], [6], [6]]
    assert items(opened) == {index: "FAILED" if index == 6 else "COMPLETED" for index in range(10)}
    assert chunk_states(opened) == {0: "FAILED"}
    item, error = Item.objects.get(state="FAILED"), ErrorLog.objects.get()
    assert (item.attempts, item.exception, item.chunk) == (4, "ItemCrashed", 0)
    assert (error.message, error.step) == ("00006.png: its process died of it", 0)
    assert (is_settled(opened), claimed(opened)) == (True, [])


def test_many_failures_of_one_chunk_are_not_all_written_as_errors() -> None:
    opened = step_over(30, chunk_size=30)
    everything = list(range(30))
    tried(claimed(opened)[0], failed=everything)
    Chunk.objects.update(tries=3)
    assert counted(tried(claimed(opened)[0], failed=everything)) == ("FAILED", 0, 30, 4)
    assert (ErrorLog.objects.count(), Counter(items(opened).values())) == (ERRORS_PER_PAGE, {"FAILED": 30})


def test_items_alone_have_the_tries_that_are_left() -> None:
    opened = step_over(6, chunk_size=3)
    bad, tries = {0, 1, 4}, Counter[int]()
    while chunks := claimed(opened):
        tries.update(bad & set(left_of(chunks[0])))
        tried(chunks[0], failed=[index for index in chunks[0].items if index in bad])
    assert tries == {0: 4, 1: 4, 4: 4}
    numbers = list(Chunk.objects.values_list("number", flat=True))
    assert numbers == list(range(len(numbers)))
    together = sorted(index for chunk in Chunk.objects.all() for index in chunk.items)
    assert (together, sum(Chunk.objects.values_list("completed_items", flat=True))) == (list(range(6)), 3)
    assert {index for index, state in items(opened).items() if state == "FAILED"} == bad


def test_lost_lane_costs_no_try_of_what_it_had_begun() -> None:
    opened = step_over(10)
    chunk = claimed(opened)[0]
    settle(opened.batch_id, [begun_line(chunk), done_line(chunk, 0)])
    give_back(Chunk.objects.select_related("chunked_step"), lost=True)
    chunk.refresh_from_db()
    assert (chunk.state, chunk.tries, chunk.losses, chunk.completed_items, chunk.token) == ("PENDING", 0, 1, 1, 2)


@pytest.mark.parametrize("lost", [True, False])
def test_chunk_that_was_not_begun_is_given_back_as_it_was(lost: bool) -> None:
    opened = step_over(10)
    chunk = claimed(opened)[0]
    give_back(Chunk.objects.select_related("chunked_step"), lost=lost)
    chunk.refresh_from_db()
    assert (chunk.state, chunk.tries, chunk.losses, chunk.token) == ("PENDING", 0, 0, 2)


def test_chunk_that_a_leaving_lane_had_begun_costs_neither_try_nor_loss() -> None:
    opened = step_over(10)
    chunk = claimed(opened)[0]
    settle(opened.batch_id, [begun_line(chunk)])
    give_back(Chunk.objects.select_related("chunked_step"), lost=False)
    chunk.refresh_from_db()
    assert (chunk.state, chunk.tries, chunk.losses) == ("PENDING", 0, 0)


def test_items_with_which_lanes_are_lost_again_and_again_are_given_up() -> None:
    opened = step_over(3)
    for losses in range(LOSSES + 1):
        [chunk] = claimed(opened)
        assert (chunk.losses, chunk.tries) == (losses, 0)
        settle(opened.batch_id, [begun_line(chunk), done_line(chunk, 0)])
        give_back(Chunk.objects.filter(pk=chunk.pk).select_related("chunked_step"), lost=True)
    assert (claimed(opened), items(opened)) == ([], {0: "COMPLETED", 1: "FAILED", 2: "FAILED"})
    why = "its lane was lost 11 times while this was in work"
    assert set(Item.objects.filter(state="FAILED").values_list("message", "exception")) == {(why, "LaneLost")}
    assert counted(chunk) == ("FAILED", 1, 2, 0)


def test_lane_that_says_itself_that_it_lost_its_process_costs_no_try() -> None:
    opened = step_over(3)
    chunk = claimed(opened)[0]
    settle(opened.batch_id, [begun_line(chunk), done_line(chunk, 0), ended_line(chunk, [1, 2], lost=True)])
    chunk.refresh_from_db()
    assert (chunk.state, chunk.tries, chunk.losses) == ("PENDING", 0, 1)


def test_end_of_a_batch_cancels_what_is_open() -> None:
    opened = step_over(25)
    done, in_work = claimed(opened, 2)
    tried(done)
    late = try_of(in_work)
    finish(opened.batch_id, End(State.STOPPED, StepOutcome.NONE, opened.began_at))
    assert chunk_states(opened) == {0: "COMPLETED", 1: "CANCELLED"}
    opened.refresh_from_db()
    assert (opened.over, opened.ended_at) == (True, opened.began_at)
    settle(opened.batch_id, late)
    assert (chunk_states(opened)[1], len(items(opened)), claimed(opened)) == ("CANCELLED", 10, [])


def test_end_of_a_batch_leaves_others_alone() -> None:
    opened = step_over(25)
    claimed(opened, 2)
    other = queued()
    cancel_chunks(other.pk, at=opened.began_at)
    assert chunk_states(opened) == {0: "RUNNING", 1: "RUNNING"}


def test_two_steps_have_items_of_their_own() -> None:
    first = step_over(5)
    all_done(first)
    ChunkedStep.objects.update(over=True)
    second = begun(first.batch, 1, "n")
    tried(claimed(second)[0], bad=[2])
    assert (set(items(first).values()), items(second)[2], Item.objects.count()) == ({"COMPLETED"}, "FAILED", 10)
