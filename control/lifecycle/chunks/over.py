"""A step over items is over: what became of each item, as a file for the steps that follow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from control.datasets.places import thumbnail_path
from control.journal.append import lock_story
from control.lifecycle.chunks.carry import read_anew
from control.lifecycle.chunks.files import files_behind
from control.models import Batch, Chunk, ChunkedStep, DatasetFile, Item
from sequences.items.contracts import ItemsOver
from sequences.items.results import write_line

PAGE = 500


def is_settled(opened: ChunkedStep) -> bool:
    """Whether every item of a step has completed or finally failed."""
    uncut = ChunkedStep.objects.filter(pk=opened.pk, uncut_items__gt=0)
    in_work = Chunk.objects.filter(chunked_step=opened, state__in=[Chunk.State.PENDING, Chunk.State.RUNNING])
    return not uncut.exists() and not in_work.exists()


def end_step_over_items(opened: ChunkedStep) -> ItemsOver:
    """Write the results and close the step. Again for the same step it does the same. Raises OSError."""
    batch = Batch.objects.select_related("dataset", "target_dataset").get(pk=opened.batch_id)
    file = results_file(batch.pk, opened)
    write_results(batch, opened, file)
    with transaction.atomic():
        lock_story(batch.pk)
        ChunkedStep.objects.filter(pk=opened.pk, over=False).update(over=True, ended_at=timezone.now())
    failed = Q(state=Item.State.FAILED)
    items = Item.objects.filter(batch=batch, step=opened.step)
    found = items.aggregate(failed=Count("pk", filter=failed), completed=Count("pk", filter=~failed))
    return ItemsOver(
        step=opened.step,
        total=opened.total_items,
        completed=found["completed"],
        failed=found["failed"],
        results=str(file),
    )


def results_file(batch_id: UUID, opened: ChunkedStep) -> Path:
    return settings.STATION_PATHS.attachments_of(str(batch_id)) / f"items-{opened.step}.jsonl"


def results_of(batch: Batch) -> dict[str, str]:
    """The files with the results of its steps over items that are over, by step; written again where they are missing.

    A batch that goes on from another one has those of that one's steps which it takes over.
    """
    found: dict[str, str] = {}
    while batch is not None:
        for opened in ChunkedStep.objects.filter(batch=batch, over=True, uncut_items=0).order_by("step"):
            if opened.name not in found and is_settled(opened):
                file = results_file(batch.pk, opened)
                if not file.exists():
                    write_results(batch, opened, file)
                found[opened.name] = str(file)
        batch = batch.origin if batch.carried else None
    return found


def saved_of(batch: Batch) -> dict[str, Any]:
    """What its steps have kept so far by `run.save`, in this batch or in the one that it goes on from."""
    return {**(batch.carried or {}).get("saved", {}), **batch.saved}


def write_results(batch: Batch, opened: ChunkedStep, file: Path) -> None:
    """One line for each item, in order; whole or not at all. Memory does not grow with their number."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.draft")  # a supervisor that was replaced may still write its own
    with draft.open("w", encoding="utf-8") as lines:
        for found in _results(batch, opened):
            lines.write(write_line(found))
    draft.replace(file)


def _results(batch: Batch, opened: ChunkedStep) -> Iterator[dict[str, Any]]:
    items = Item.objects.filter(batch=batch, step=opened.step).order_by("index")
    as_it_was = read_anew(batch, batch) is None  # else nobody knows any more what its files were
    last = -1
    while page := list(items.filter(index__gt=last)[:PAGE]):
        files = files_behind(batch, page, opened.first_of_target) if as_it_was else {}
        for item in page:
            yield _as_result(opened, item, files.get(item.index))
        last = page[-1].index


def _as_result(opened: ChunkedStep, item: Item, file: DatasetFile | None) -> dict[str, Any]:
    side = "dataset" if item.index < opened.first_of_target else "target_dataset"
    found: dict[str, Any] = {
        "index": item.index,
        "path": item.path,
        "side": side,
        "size": file.size if file else 0,
        "sha256": file.sha256 if file else "",
        "media_type": file.media_type if file else "",
        "width": file.width if file else None,
        "height": file.height if file else None,
        "ok": item.state == Item.State.COMPLETED,
        "result": item.result,
        "error": item.message,
    }
    if file is not None and file.thumbnail:
        found["thumbnail"] = str(thumbnail_path(file.dataset_id, file.index))
    return found
