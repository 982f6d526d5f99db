"""How far batches over items are: aggregates of rows, one query for many batches; no counter is shared by lanes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from control.lifecycle.chunks.claim import chunk_size, mean_item_ms
from control.models import Batch, Chunk, ChunkedStep, Helper
from control.states import TERMINAL, State
from sequences.items.options import AUTOMATIC

ITEMS_SHARE = 0.95

Figures = dict[str, Any]
NOTHING: Figures = {
    "total_items": 0,
    "completed_items": 0,
    "failed_items": 0,
    "total_chunks": 0,
    "completed_chunks": 0,
    "failed_chunks": 0,
    "lanes": 0,
    "items_per_second": None,
    "items_seconds_left": None,
}


def items_of(batches: Collection[Batch]) -> dict[UUID, Figures]:
    """The figures of batches that work over items, by their id; those of others are missing.

    An item that failed in one step is not given to the next one: it counts once, as failed. `completed_items` are those
    that the last step over items which has begun has completed. `progress` goes from 0.0 to 1.0 over the whole plan.
    """
    with_items = {batch.pk: batch for batch in batches if batch.dataset_id is not None}
    if not with_items:
        return {}
    figures: dict[UUID, Figures] = {pk: {**NOTHING, "total_items": _planned(batch)} for pk, batch in with_items.items()}
    steps = ChunkedStep.objects.filter(batch__in=with_items).order_by("batch", "step")
    steps = steps.annotate(
        chunks_made=Count("chunks"),
        chunks_completed=Count("chunks", filter=Q(chunks__state=Chunk.State.COMPLETED)),
        chunks_failed=Count("chunks", filter=Q(chunks__state=Chunk.State.FAILED)),
        completed=Sum("chunks__completed_items", default=0),
        failed=Sum("chunks__failed_items", default=0),
    )
    last: dict[UUID, ChunkedStep] = {}
    for step in steps:
        _add(figures[step.batch_id], step, with_items[step.batch_id])
        last[step.batch_id] = step
    for pk, found in figures.items():
        batch = with_items[pk]
        _add_pace(found, last.get(pk), batch)
        found["progress"] = _progress(batch, last.get(pk), found)
    return figures


def _planned(batch: Batch) -> int:
    return sum(dataset.total_files for dataset in (batch.dataset, batch.target_dataset) if dataset is not None)


def _add(found: Figures, step: Any, batch: Batch) -> None:
    uncut = -(-step.uncut_items // _size(step, batch)) if step.uncut_items else 0
    found["completed_items"] = step.completed + step.carried_items
    found["failed_items"] += step.failed
    found["total_chunks"] += step.chunks_made + uncut
    found["completed_chunks"] += step.chunks_completed
    found["failed_chunks"] += step.chunks_failed


def _size(step: Any, batch: Batch) -> int:
    """Of the chunks that are not cut yet. Of a batch that has ended none will be: no query for each one in a list."""
    cut = step.total_items - step.carried_items - step.uncut_items
    if batch.state in TERMINAL and step.chunks_made and batch.items_options.get("chunk_size") == AUTOMATIC:
        return max(1, round(cut / step.chunks_made))
    return chunk_size(step, batch)


def _add_pace(found: Figures, step: ChunkedStep | None, batch: Batch) -> None:
    """A moving average: how long an item took in the last chunks, and how many lanes work on them now."""
    if step is None or step.over or batch.state != State.RUNNING:
        return
    found["lanes"] = 1 + Helper.objects.filter(chunked_step=step, ended_at=None).count()
    item_ms = mean_item_ms(step)
    if item_ms:
        per_second = found["lanes"] * 1000 / item_ms
        left = found["total_items"] - found["completed_items"] - found["failed_items"]
        found["items_per_second"] = round(per_second, 2)
        found["items_seconds_left"] = round(left / per_second, 1)


def _progress(batch: Batch, step: ChunkedStep | None, found: Figures) -> float:
    """Its items are what takes long: all of them come to `ITEMS_SHARE`, the rest is for the steps around them."""
    over_items = [planned["index"] for planned in batch.plan if planned.get("items")]
    if step is None or step.step not in over_items or not found["total_items"] or batch.state in TERMINAL:
        return batch.progress
    done = (found["completed_items"] + found["failed_items"]) / found["total_items"]
    return round(ITEMS_SHARE * (over_items.index(step.step) + min(1.0, done)) / len(over_items), 4)
