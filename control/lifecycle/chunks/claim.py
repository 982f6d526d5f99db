"""Handing out chunks: cut off what no chunk has yet, and what is to be tried again, one claim for each lane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from control.journal.append import Fenced, hold_story, lock_story
from control.lifecycle.chunks.files import datasets_of, files_of
from control.models import Batch, Chunk, ChunkedStep, Helper, Item, Stream
from control.states import State
from sequences.items.options import AUTOMATIC
from stations.models import Slot

# Automatic chunks aim at so much work of one lane (R1.1): little enough to steer, enough to pay for its way.
CHUNK_S = 2.0
MEASURED_OVER = 20  # chunks, the last ones
MOST_ITEMS = 250  # of an automatic chunk
WINDOW = 1000  # items that are looked at together
LEAST_AT_END = 5
# A chunk travels to its runner in one datagram of at most 200 KiB.
ORDER_BYTES, CHUNK_BYTES = 500, 120 * 1024
MIB = 1024**2
# How automatic chunks begin, by the mean size of a file (R1.1).
FIRST_SIZES = ((1 * MIB, 20), (5 * MIB, 10))
FIRST_SIZE_OF_LARGE = 5


def claim_chunks(opened: ChunkedStep, slot: Slot, run: Stream | Helper, most: int) -> list[Chunk]:
    """Claim up to `most` chunks for a lane: fresh ones first, then those to be tried again.

    `run`: what its supervisor follows, that of the batch itself or of a helping lane. Nothing is claimed while the
    batch does not run. Raises Fenced for a lane that was given up, or whose supervisor was replaced: that nothing is
    left for it would be wrong, and make its run leave.
    """
    with transaction.atomic():
        _hold(opened, run)
        batch = Batch.objects.select_related("dataset", "target_dataset").get(pk=opened.batch_id)
        if batch.state != State.RUNNING:
            return []
        opened.refresh_from_db()
        claimed: list[Chunk] = []
        while len(claimed) < most and (chunk := _cut(opened, batch) or _waiting(opened)) is not None:
            _take(chunk, slot, run if isinstance(run, Helper) else None)
            claimed.append(chunk)
        return claimed


def _hold(opened: ChunkedStep, run: Stream | Helper) -> None:
    """Hold the batch's story. Raises Fenced when a lane was given up, or its supervisor replaced, in the meantime:
    nobody would hand out or take back what it claims now.
    """
    if isinstance(run, Stream):
        hold_story(run)
        return
    lock_story(opened.batch_id)
    if not Helper.objects.filter(pk=run.pk, generation=run.generation, ended_at=None).exists():
        raise Fenced(str(run))


def left_of(chunk: Chunk) -> list[int]:
    """The items of a claimed chunk that no try before has settled: what is done is not done again."""
    if chunk.token == 1:
        return list(chunk.items)
    opened = chunk.chunked_step
    settled = Item.objects.filter(batch=opened.batch_id, step=opened.step, index__in=chunk.items)
    done = set(settled.values_list("index", flat=True))
    return [index for index in chunk.items if index not in done]


def _take(chunk: Chunk, slot: Slot, helper: Helper | None) -> None:
    chunk.state, chunk.slot, chunk.helper = Chunk.State.RUNNING, slot, helper
    chunk.token += 1
    chunk.began_at = None  # until its lane says so
    chunk.save()


def _waiting(opened: ChunkedStep) -> Chunk | None:
    waiting = Chunk.objects.filter(chunked_step=opened, state=Chunk.State.PENDING)
    return waiting.select_related("chunked_step").order_by("tries", "number").first()


def _cut(opened: ChunkedStep, batch: Batch) -> Chunk | None:
    """A new chunk of what is in none, not saved yet; None when all is. Raises its counters."""
    if not opened.uncut_items:
        return None
    indexes = list(islice(_uncut(opened, batch), chunk_size(opened, batch)))
    indexes = _fitting(batch, indexes)
    chunk = Chunk(chunked_step=opened, number=opened.next_number, items=indexes)
    opened.next_number += 1
    opened.next_index = indexes[-1] + 1
    opened.uncut_items -= len(indexes)
    opened.save(update_fields=["next_number", "next_index", "uncut_items"])
    return chunk


def _uncut(opened: ChunkedStep, batch: Batch) -> Iterator[int]:
    """The items in no chunk yet, in order."""
    first = opened.next_index
    while indexes := list(islice(_given(opened, batch, first), WINDOW)):
        first = indexes[-1] + 1
        done = _carried(opened, indexes) if opened.carried_items else ()
        yield from (index for index in indexes if index not in done)


def _given(opened: ChunkedStep, batch: Batch, first: int) -> Iterator[int]:
    """The items of a step from this one on, in order."""
    if opened.after is None:
        return iter(range(first, sum(dataset.total_files for dataset in datasets_of(batch))))
    ahead = completed_items(opened.after).filter(index__gte=first).order_by("index")
    return ahead.values_list("index", flat=True)[:WINDOW].iterator()


def completed_items(opened: ChunkedStep) -> QuerySet[Item]:
    """What a step over items has left for the one that follows it."""
    return Item.objects.filter(batch=opened.batch_id, step=opened.step, state=Item.State.COMPLETED)


def _carried(opened: ChunkedStep, indexes: Sequence[int]) -> set[int]:
    """Those of a range of items that were carried over."""
    of_step = Item.objects.filter(batch=opened.batch_id, step=opened.step, chunk=None)
    return set(of_step.filter(index__range=(indexes[0], indexes[-1])).values_list("index", flat=True))


def _fitting(batch: Batch, indexes: list[int]) -> list[int]:
    """As many of them as one datagram takes. A path stands in it twice, and in UTF-8."""
    paths = {index: file.path for index, file in files_of(batch, indexes).items()}
    bytes_left, fitting = CHUNK_BYTES, []
    for index in indexes:
        bytes_left -= ORDER_BYTES + 2 * len(paths.get(index, "").encode())
        if bytes_left < 0 and fitting:
            break
        fitting.append(index)
    return fitting


def chunk_size(opened: ChunkedStep, batch: Batch) -> int:
    """How many items the next chunk has: as the batch says, or by how large or how slow they are."""
    datasets = datasets_of(batch)
    total_bytes = sum(dataset.total_bytes for dataset in datasets)
    automatic = batch.items_options.get("chunk_size") == AUTOMATIC
    item_ms = mean_item_ms(opened) if automatic else None
    size = next_size(batch.items_options, item_ms, total_bytes, sum(dataset.total_files for dataset in datasets))
    if item_ms is None:
        return size
    lanes = 1 + opened.helpers.filter(ended_at=None).count()
    # Smaller ones at the end, so that all lanes end at the same time.
    return min(size, max(LEAST_AT_END, -(-opened.uncut_items // (2 * lanes))))


def next_size(options: Mapping[str, Any], item_ms: float | None, total_bytes: int, total_files: int) -> int:
    """How many items a chunk has now. `item_ms`: how long one took lately; None before the first chunk has ended."""
    wanted: int = options.get("chunk_size", 10)
    if wanted != AUTOMATIC:
        return wanted
    if item_ms is not None:
        return max(1, min(MOST_ITEMS, round(CHUNK_S * 1000 / max(item_ms, 0.001))))
    mean = total_bytes / max(1, total_files)
    return next((size for below, size in FIRST_SIZES if mean < below), FIRST_SIZE_OF_LARGE)


def mean_item_ms(opened: ChunkedStep) -> float | None:
    """How long an item took on one lane lately, in milliseconds; None before the first chunk has ended."""
    ended = Chunk.objects.filter(chunked_step=opened, ended_at__isnull=False).order_by("-ended_at")
    rows = list(ended.values_list("busy_ms", "completed_items", "failed_items")[:MEASURED_OVER])
    items = sum(completed + failed for _, completed, failed in rows)
    return sum(busy for busy, _, _ in rows) / items if items else None
