"""What a lane is handed: two chunks at a time, with the places of their files, and nothing that is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from control.journal.append import Fenced
from control.lifecycle.claim import take_over
from control.models import Batch, Chunk, ChunkedStep, Helper, Stream
from control.worker.chunk_feed import AHEAD, ChunkFeed, can_work_here
from stations.paths import StationPaths
from tests.control.lifecycle.chunks.work_over_items import claimed, help_of, settle, slot, step_over, try_of
from tests.rows import demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Iterator[None]:
    demo_station(monkeypatch, lanes=3)
    settings.DATA_DIR, settings.STATION_PATHS = tmp_path, StationPaths(tmp_path)
    settings.STATION_PATHS.prepare()
    yield


def feed_of(opened: ChunkedStep, helper: Helper | None = None, beat: Callable[[], None] = lambda: None) -> ChunkFeed:
    batch = Batch.objects.select_related("dataset", "target_dataset", "origin").get(pk=opened.batch_id)
    return ChunkFeed(opened, batch, slot(), batch.run_name, helper or batch.stream, beat)


def items_waiting(feed: ChunkFeed) -> list[dict[str, Any]]:
    """Of the first chunk that no guard has taken yet."""
    first = feed._to_say[0]
    assert isinstance(first, Chunk)
    return list(feed._wish_of(first)["chunk"]["items"])


def waiting(feed: ChunkFeed) -> list[tuple[int, list[int]]]:
    """What no guard has taken yet: there is none."""
    wishes = [feed._wish_of(chunk)["chunk"] for chunk in feed._to_say if isinstance(chunk, Chunk)]
    return [(chunk["chunk"], [item["index"] for item in chunk["items"]]) for chunk in wishes]


def test_each_file_that_is_looked_for_is_a_sign_of_life() -> None:
    """A folder far away takes long to answer, and a supervisor that shows no life meanwhile would be replaced."""
    beats: list[None] = []
    feed = feed_of(step_over(40), beat=lambda: beats.append(None))
    feed.turn()
    assert len(beats) == 10  # of the chunk that no guard has taken yet


def test_lane_has_two_chunks_at_a_time() -> None:
    opened = step_over(40)
    feed = feed_of(opened)
    assert (feed.turn(), feed.in_hand, feed.all_said) == (False, AHEAD, False)
    assert waiting(feed) == [(0, list(range(10))), (1, list(range(10, 20)))]
    feed.look()
    feed.turn()
    assert (feed.in_hand, Chunk.objects.count()) == (2, 2)
    settle(opened.batch_id, try_of(Chunk.objects.get(number=0)))
    feed.look()
    feed.turn()
    assert [number for number, _ in waiting(feed)] == [0, 1, 2]


def test_lane_is_told_when_there_is_nothing_to_claim() -> None:
    opened = step_over(5)
    feed = feed_of(opened)
    assert feed.turn() is False
    feed.look()
    assert (feed.turn(), feed.in_hand) == (True, 1)
    assert feed.turn(claims=False) is False


def test_supervisor_that_was_replaced_claims_nothing() -> None:
    """The next one has looked already at what is to be handed out, and would never hand this one out."""
    opened = step_over(40)
    replaced = feed_of(opened)
    assert take_over(Stream.objects.get(batch=opened.batch)) is not None
    feed_of(opened).turn()
    Chunk.objects.filter(number=0).update(state=Chunk.State.COMPLETED)
    with pytest.raises(Fenced):
        replaced.turn()
    assert Chunk.objects.count() == 2


def test_next_supervisor_hands_over_again_what_the_last_one_had_claimed() -> None:
    opened = step_over(40)
    feed_of(opened).turn()
    again = feed_of(opened)
    assert waiting(again) == [(0, list(range(10))), (1, list(range(10, 20)))]
    again.turn()
    assert (again.in_hand, Chunk.objects.count()) == (2, 2)


def test_chunks_of_the_batch_and_of_a_helping_lane_are_apart() -> None:
    opened = step_over(40)
    helper = help_of(opened)
    own, helping = feed_of(opened), feed_of(opened, helper)
    own.turn(), helping.turn()
    assert ([number for number, _ in waiting(own)], [number for number, _ in waiting(helping)]) == ([0, 1], [2, 3])
    assert [number for number, _ in waiting(feed_of(opened, helper))] == [2, 3]


def test_items_that_are_done_are_not_handed_out_again() -> None:
    opened = step_over(10)
    settle(opened.batch_id, try_of(claimed(opened)[0], failed=[3, 8]))
    feed = feed_of(opened)
    feed.turn()
    assert waiting(feed) == [(0, [3, 8])]


def test_items_are_told_with_their_paths_and_sides() -> None:
    opened = step_over(2, target=1, chunk_size=5)
    feed = feed_of(opened)
    feed.turn()
    items = items_waiting(feed)
    assert [(item["index"], item["side"], item["path"]) for item in items] == [
        (0, "dataset", "00000.png"),
        (1, "dataset", "00001.png"),
        (2, "target_dataset", "00000.png"),
    ]


def test_dataset_compared_with_itself_has_both_sides() -> None:
    opened = step_over(2, target=1, chunk_size=5)
    Batch.objects.update(target_dataset=opened.batch.dataset)
    ChunkedStep.objects.update(total_items=4, uncut_items=4)
    feed = feed_of(opened)
    feed.turn()
    items = items_waiting(feed)
    assert [(item["index"], item["side"]) for item in items] == [
        (0, "dataset"), (1, "dataset"), (2, "target_dataset"), (3, "target_dataset"),
    ]  # fmt: skip


def test_files_that_are_out_of_reach_are_the_problem_of_their_items() -> None:
    feed = feed_of(step_over(2))  # on a host that this one is not
    feed.turn()
    items = items_waiting(feed)
    assert [(item["index"], "file" in item, bool(item["problem"])) for item in items] == [
        (0, False, True),
        (1, False, True),
    ]


def test_host_works_only_on_what_it_has() -> None:
    step_over(2)
    Batch.objects.update(sha256="0" * 64)
    assert not can_work_here(Batch.objects.select_related("dataset", "target_dataset").get())
