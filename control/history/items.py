"""What is told of chunks and items, under the names of the API."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from control.history.facts import Facts, iso
from control.lifecycle.chunks.files import files_behind
from control.lifecycle.refusals import NotFound
from control.models import Batch, Chunk, ChunkedStep, DatasetFile, Item

LARGEST = 2**31 - 1  # that a column keeps


def chunk_facts(chunk: Chunk) -> Facts:
    """A chunk with its step, which must have been fetched with it."""
    return {
        "step": chunk.chunked_step.step,
        "step_name": chunk.chunked_step.name,
        "number": chunk.number,
        "state": chunk.state,
        "items": chunk.items,
        "completed_items": chunk.completed_items,
        "failed_items": chunk.failed_items,
        "tries": chunk.tries,
        "losses": chunk.losses,
        "slot": chunk.slot_id,
        "split_from": chunk.split_from,
        "message": chunk.message,
        "started_at": iso(chunk.began_at),
        "ended_at": iso(chunk.ended_at),
        "busy_ms": round(chunk.busy_ms, 1),
    }


def item_facts(item: Item, file: DatasetFile | None, step_name: str, first_of_target: int) -> Facts:
    """What became of a file in a step. `file`: as the dataset has it now; None when it has none of this path."""
    in_target = item.index >= first_of_target
    return {
        "index": item.index,
        "path": item.path,
        "side": "target_dataset" if in_target else "dataset",
        "step": item.step,
        "step_name": step_name,
        "state": item.state,
        "chunk": item.chunk,
        "slot": item.slot,
        "attempts": item.attempts,
        "duration_ms": item.duration_ms,
        "stage": item.stage,
        "category": item.category,
        "exception": item.exception,
        "error": item.message,
        "result": item.result,
        "files": [dict(kept) for kept in item.files],
        "at": iso(item.at),
        "dataset": str(file.dataset_id) if file else None,
        "file_index": file.index if file else None,
        "thumbnail": bool(file and file.thumbnail),
    }


def facts_of_items(batch: Batch, items: Collection[Item]) -> list[Facts]:
    """Items of one batch, with their files; in three queries at most, however many."""
    steps = {opened.step: opened for opened in ChunkedStep.objects.filter(batch=batch)}
    first = next((opened.first_of_target for opened in steps.values()), LARGEST)
    files = files_behind(batch, items, first)
    names = {place: opened.name for place, opened in steps.items()}
    return [item_facts(item, files.get(item.index), names.get(item.step, ""), first) for item in items]


def items_of_batch(batch: Batch, step: int | None = None) -> QuerySet[Item]:
    """Its settled items; those of the only step over items by their index, which costs least."""
    steps = [step] if step is not None else list(ChunkedStep.objects.filter(batch=batch).values_list("step", flat=True))
    rows = Item.objects.filter(batch=batch)
    return rows.filter(step=steps[0]) if len(steps) == 1 else rows


def find_item(batch: Batch, index: int, step: int | None = None) -> Item:
    """What became of an item, in the last step that has settled it unless one is named. Raises NotFound."""
    rows = Item.objects.filter(batch=batch, index=min(index, LARGEST))
    found = (rows if step is None else rows.filter(step=step)).order_by("-step").first()
    if found is None:
        words = {"index": index, "batch": batch.pk}
        raise NotFound(_("Item %(index)s of batch %(batch)s is not settled, or there is none.") % words)
    return found


def kept_file(item: Item, name: str) -> dict[str, Any]:
    """A file that was made from an item. Raises NotFound."""
    kept: Iterable[dict[str, Any]] = item.files
    for file in kept:
        if file["name"] == name:
            return file
    raise NotFound(_("No file '%(name)s' was kept of item %(index)s.") % {"name": name[:100], "index": item.index})
