"""Batches over items, worked on by the functions that lanes call, without any process."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from control.lifecycle.chunks.begin import begin_step_over_items
from control.lifecycle.chunks.claim import claim_chunks
from control.lifecycle.chunks.over import end_step_over_items
from control.lifecycle.chunks.settle import settle_items
from control.lifecycle.claim import claim
from control.models import Batch, ChunkedStep, Dataset, Stream
from control.states import State
from stations.models import Slot
from tests.rows import HOUSE, dataset_row, demo_station, queued

PACKAGES = HOUSE / "tests" / "control" / "packages"
LANE = "demo/lane-1"
BROKEN = {"category": "sequence", "exception": "BadItem", "message": "0 bytes: it is empty"}


def items_station(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo station, whose catalogue also knows packages that work over datasets."""
    demo_station(monkeypatch)
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [*settings.SEQUENCE_DIRS, PACKAGES])


def batch_over_items(dataset: Dataset | None = None, *, chunk_size: int = 2, **more: Any) -> ChunkedStep:
    """A batch that runs and has begun its step over the items, seen through that step."""
    over = dataset or dataset_row(files=6)
    batch = queued("dataset_work", slot=None, dataset=str(over.pk), chunk_size=chunk_size, **more)
    stream = claim(Slot.objects.get(pk=LANE))
    assert stream is not None
    Batch.objects.filter(pk=batch.pk).update(state=State.RUNNING, started_at=timezone.now())
    return begin_step_over_items(batch.pk, 1, "measure", at=timezone.now())


def work(opened: ChunkedStep, chunks: int = 99, *, failing: Collection[int] = (), ms: float = 20.0) -> None:
    """Work on up to so many chunks: each item takes `ms`, those in `failing` are judged to be bad."""
    lane, stream = Slot.objects.get(pk=LANE), Stream.objects.get(batch=opened.batch_id)
    for chunk in [one for _ in range(chunks) for one in claim_chunks(opened, lane, stream, 1)]:
        told = {"chunk": chunk.number, "token": chunk.token, "step": opened.step, "at": timezone.now().timestamp()}
        lines: list[dict[str, Any]] = [{**told, "k": "chunk.begun"}]
        for index in chunk.items:
            good = {"ok": True, "result": {"brightness": index}, "stage": "measure"}
            became = {"ok": False, "stage": "decode", **BROKEN} if index in failing else good
            lines.append({**told, "k": "item", "index": index, "path": f"{index}.png", "ms": ms, **became})
        ended = {**told, "k": "chunk.ended", "failed": [], "lost": False, "ms": ms * len(chunk.items)}
        settle_items(opened.batch_id, LANE, [*lines, ended])


def finish(opened: ChunkedStep, state: State = State.COMPLETED) -> Batch:
    """The step is over, and its batch with it."""
    end_step_over_items(opened)
    ended = {"state": state, "ended_at": timezone.now(), "progress": 1.0}
    Batch.objects.filter(pk=opened.batch_id).update(**ended)
    return Batch.objects.get(pk=opened.batch_id)
