"""Batches over items as rows, and what their lanes say, without any process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from control.journal.append import lock_story
from control.lifecycle.chunks.begin import begin_step_over_items
from control.lifecycle.chunks.carry import carry_items_over
from control.lifecycle.chunks.claim import claim_chunks, left_of
from control.lifecycle.chunks.files import files_of
from control.lifecycle.chunks.settle import settle_items
from control.lifecycle.finish import End, finish
from control.models import Batch, Chunk, ChunkedStep, Dataset, DatasetFile, Helper, Item, Stream
from control.states import State, StepOutcome
from stations.models import Slot
from tests.rows import dataset, running
from tests.spool_lines import AT, Line

LANES = ("demo/lane-1", "demo/lane-2", "demo/lane-3")
OPTIONS = {"chunk_size": 10, "timeout_s": 60.0, "max_pixels": 100_000_000, "max_failed_items": 0, "lanes": 0}
PLAN = [
    {"index": index, "name": name, "group": "main", "repeat": 1, "items": True, "resumable": True}
    for index, name in enumerate("mn")
]


def files(count: int, content: str = "tiles", size: int = 1000, path: str = "{:05}.png") -> Dataset:
    """A dataset whose files are known, and nowhere."""
    made = dataset(content, total_files=count, read_files=count, total_bytes=count * size, read_at=timezone.now())
    rows = [DatasetFile(dataset=made, index=index, path=path.format(index), size=size) for index in range(count)]
    DatasetFile.objects.bulk_create(rows)
    return made


def batch_over(
    count: int = 25, lane: str = LANES[0], target: int = 0, priority: int = Batch.Priority.NORMAL, **options: Any
) -> Batch:
    """A batch that runs on a lane, over so many files; `target`: those that they are compared with."""
    columns = {
        "dataset": files(count),
        "target_dataset": files(target, "others") if target else None,
        "items_options": OPTIONS | options,
        "plan": PLAN,
        "priority": priority,
    }
    batch = running(lane, sequence="step_loop").batch
    Batch.objects.filter(pk=batch.pk).update(**columns)
    return Batch.objects.select_related("dataset", "target_dataset").get(pk=batch.pk)


def begun(batch: Batch, step: int = 0, name: str = "m") -> ChunkedStep:
    for _page in carry_items_over(Stream.objects.get(batch=batch), step, name):
        pass
    with transaction.atomic():
        lock_story(batch.pk)
        return begin_step_over_items(batch.pk, step, name, at=timezone.now())


def after(origin: Batch, *, finished: Sequence[int] = (), **carried: Any) -> Batch:
    """The batch that goes on from another one, over the same datasets, and repeats nothing that was completed.

    `finished`: steps that it takes over as a whole.
    """
    finish(origin.pk, End(State.FAILED, StepOutcome.ERROR, origin.created_at))
    batch = batch_over(1)
    steps = [{"first": step, "last": step, "outcome": "PASS", "marginal": False} for step in finished]
    told = {"batch": str(origin.pk), "steps": steps, "items": True} | carried
    same = {"dataset": origin.dataset, "target_dataset": origin.target_dataset, "origin": origin}
    Batch.objects.filter(pk=batch.pk).update(**same, carried=told)
    return Batch.objects.get(pk=batch.pk)


def step_over(count: int = 25, **more: Any) -> ChunkedStep:
    return begun(batch_over(count, **more))


def slot(lane: str = LANES[0]) -> Slot:
    return Slot.objects.get(pk=lane)


def help_of(opened: ChunkedStep, lane: str = LANES[1]) -> Helper:
    now = timezone.now()
    return Helper.objects.create(chunked_step=opened, slot_id=lane, began_at=now, seen_at=now)


def claimed(opened: ChunkedStep, most: int = 1, helper: Helper | None = None) -> list[Chunk]:
    run = helper or Stream.objects.get(batch=opened.batch_id)
    return claim_chunks(opened, helper.slot if helper else slot(), run, most)


def begun_line(chunk: Chunk, at: float = AT) -> Line:
    return _of(chunk, "chunk.begun", at=at)


def done_line(chunk: Chunk, index: int, **more: Any) -> Line:
    path = files_of(chunk.chunked_step.batch, [index])[index].path
    told = {"index": index, "path": path, "ok": True, "ms": 2.5, "stage": "", "result": {"i": index}}
    return _of(chunk, "item", **{**told, **more})


def bad_line(chunk: Chunk, index: int, why: str = "it is empty") -> Line:
    """An item that was judged: no other try would change anything."""
    failure = {"category": "sequence", "exception": "BadItem", "message": why, "stage": "decode", "result": None}
    return done_line(chunk, index, ok=False, **failure)


def ended_line(
    chunk: Chunk, failed: Sequence[int] = (), *, lost: bool = False, ms: float = 50.0, at: float = AT + 1
) -> Line:
    why = {"category": "sequence", "exception": "ItemCrashed", "message": "its process died of it", "stage": "read"}
    return _of(chunk, "chunk.ended", failed=[{"index": index, **why} for index in failed], lost=lost, ms=ms, at=at)


def _of(chunk: Chunk, kind: str, **fields: Any) -> Line:
    step = chunk.chunked_step.step
    return {"k": kind, "at": AT, "step": step, "chunk": chunk.number, "token": chunk.token, **fields}


def try_of(chunk: Chunk, failed: Sequence[int] = (), bad: Sequence[int] = (), ms: float = 50.0) -> list[Line]:
    """All lines of one try: `failed` are those that may be tried again."""
    lines = [begun_line(chunk)]
    for index in left_of(chunk):
        if index not in failed:
            lines.append(bad_line(chunk, index) if index in bad else done_line(chunk, index))
    return [*lines, ended_line(chunk, failed, ms=ms)]


def settle(batch_id: UUID, lines: Sequence[Line], lane: str = LANES[0]) -> None:
    with transaction.atomic():
        lock_story(batch_id)
        settle_items(batch_id, lane, lines)


def tried(chunk: Chunk, failed: Sequence[int] = (), bad: Sequence[int] = (), ms: float = 50.0) -> Chunk:
    """The chunk after a try."""
    settle(chunk.chunked_step.batch_id, try_of(chunk, failed, bad, ms))
    chunk.refresh_from_db()
    return chunk


def all_done(opened: ChunkedStep) -> None:
    """Work on everything, and have it completed."""
    while chunks := claimed(opened, 5):
        settle(opened.batch_id, [line for chunk in chunks for line in try_of(chunk)])


def chunk_states(opened: ChunkedStep) -> dict[int, str]:
    return dict(Chunk.objects.filter(chunked_step=opened).values_list("number", "state"))


def items(opened: ChunkedStep) -> dict[int, str]:
    """What became of which item."""
    rows = Item.objects.filter(batch=opened.batch_id, step=opened.step)
    return dict(rows.values_list("index", "state"))
