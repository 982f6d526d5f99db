"""Claims of several lanes at once: no item in two hands, none in none."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection

from control.lifecycle.chunks.claim import claim_chunks
from control.lifecycle.chunks.help import join
from control.models import Chunk, ChunkedStep, Helper, Stream
from tests.control.lifecycle.chunks.work_over_items import LANES, help_of, items, slot, step_over, tried

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(monkeypatch: pytest.MonkeyPatch, *works: object) -> None:
    """Each in a thread with a connection of its own, all begun together; raises what one of them raises."""
    together, problems = threading.Barrier(len(works)), list[BaseException]()

    def do(work: object) -> None:
        assert callable(work)
        together.wait(30)
        try:
            work()
        finally:
            connection.close()

    monkeypatch.setattr(threading, "excepthook", lambda failed: problems.append(failed.exc_value))
    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []


def test_lanes_that_claim_and_settle_at_once_do_every_item_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third try of a chunk leaves an item, so that chunks are also tried again and split meanwhile."""
    opened = step_over(200, chunk_size=4)
    runs = [Stream.objects.get(batch=opened.batch), *(help_of(opened, lane) for lane in LANES[1:])]
    claims = Counter[tuple[int, int]]()

    def work(lane: str, run: Stream | Helper) -> None:
        mine = ChunkedStep.objects.get(pk=opened.pk)
        while chunks := claim_chunks(mine, slot(lane), run, 2):
            for chunk in chunks:
                claims[chunk.number, chunk.token] += 1
                left = [chunk.items[0]] if chunk.items[0] % 12 == 0 and chunk.tries < 3 else []
                tried(chunk, failed=left)

    at_once(
        monkeypatch,
        *(lambda lane=lane, run=run: work(lane, run) for lane, run in zip(LANES, runs, strict=True)),
    )
    assert set(claims.values()) == {1}
    assert items(opened) == dict.fromkeys(range(200), "COMPLETED")
    assert sorted(index for chunk in Chunk.objects.all() for index in chunk.items) == list(range(200))
    assert sum(Chunk.objects.values_list("completed_items", flat=True)) == 200


def test_no_more_lanes_help_than_the_batch_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = step_over(200, lanes=2)
    at_once(monkeypatch, *(lambda lane=lane: join(slot(lane), lambda batch: True) for lane in LANES[1:] * 3))
    assert Helper.objects.filter(chunked_step=opened, ended_at=None).count() == 1


def test_lane_helps_one_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    step_over(200)
    at_once(monkeypatch, *(lambda: join(slot(LANES[1]), lambda batch: True) for _ in range(4)))
    assert Helper.objects.count() == 1
