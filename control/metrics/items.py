"""How far batches over items are: aggregates of rows, the same few queries for one batch and for many; no counter is
shared by lanes."""

from __future__ import annotations

import statistics
from collections.abc import Collection
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Sum, Window
from django.db.models.functions import RowNumber

from control.lifecycle.chunks.claim import MEASURED_OVER, next_size
from control.lifecycle.steps_ahead import places_taken_over
from control.models import Batch, Chunk, ChunkedStep, Helper
from control.states import TERMINAL, State

ITEMS_SHARE = 0.95
USUAL_OF = 50  # steps over items that are over, the last ones

_PLACE = itemgetter("index", "name", "repeat")  # of a planned step

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
    """`figures_of`, and `progress` from 0.0 to 1.0 over the whole plan."""
    found = figures_of(batches)
    for batch in batches:
        if batch.pk in found:
            found[batch.pk]["progress"] = _progress(batch, found[batch.pk])
    return {pk: {name: value for name, value in of.items() if name != "step"} for pk, of in found.items()}


def figures_of(batches: Collection[Batch]) -> dict[UUID, Figures]:
    """The figures of batches that work over items, by their id; those of others are missing. At most seven queries.

    An item that failed in one step is not given to the next one: it counts once, as failed; what failed in a step that
    was carried over is no item of this batch. `completed_items` are those
    that the last step over items which has begun has completed; `step` is the place of that one.
    """
    states = {batch.pk: batch.state for batch in batches if batch.dataset_id is not None}
    if not states:
        return {}
    work = {row["pk"]: row for row in Batch.objects.filter(pk__in=states).values("pk", "items_options", *_SIZES)}
    figures: dict[UUID, Figures] = {
        pk: {**NOTHING, "total_items": _sum(row, "total_files"), "step": None} for pk, row in work.items()
    }
    steps = list(_steps_of(work))
    paces = _paces([step for step in steps if step.uncut_items or not step.over])
    last: dict[UUID, Any] = {}
    for step in steps:
        if step.batch_id not in last:  # those that it began with: its dataset may have others since
            figures[step.batch_id]["total_items"] = step.total_items
        row = work[step.batch_id]
        item_ms = paces.get(step.pk)
        size = next_size(row["items_options"], item_ms, _sum(row, "total_bytes"), _sum(row, "total_files"))
        over = states[step.batch_id] in TERMINAL and step.chunks_made  # no more will be cut
        _add(figures[step.batch_id], step, _mean_size(step) if over else size)
        last[step.batch_id] = step
    working = [step for pk, step in last.items() if not step.over and states[pk] == State.RUNNING]
    helping = _helping(working)
    ahead = _ahead(working)
    sequences = {batch.pk: batch.sequence for batch in batches if ahead.get(batch.pk)}
    usual = usual_item_ms(set(sequences.values()))
    for step in working:
        item_ms = paces.get(step.pk)
        known = usual.get(sequences.get(step.batch_id, ""), {})
        later = [known.get(name, item_ms) for name in ahead[step.batch_id]]
        _add_pace(figures[step.batch_id], 1 + helping.get(step.pk, 0), item_ms, later)
    return figures


def _mean_size(step: Any) -> int:
    """How many items its chunks had when they were cut."""
    cut: int = step.total_items - step.carried_items - step.uncut_items
    return max(1, round(cut / step.chunks_made))


_SIZES = tuple(f"{role}__{size}" for role in ("dataset", "target_dataset") for size in ("total_files", "total_bytes"))


def _sum(row: dict[str, Any], size: str) -> int:
    return sum(row[f"{role}__{size}"] or 0 for role in ("dataset", "target_dataset"))


def _steps_of(work: Collection[UUID]) -> Any:
    return (
        ChunkedStep.objects.filter(batch__in=work)
        .order_by("batch", "step")
        .annotate(
            chunks_made=Count("chunks"),
            chunks_completed=Count("chunks", filter=Q(chunks__state=Chunk.State.COMPLETED)),
            chunks_failed=Count("chunks", filter=Q(chunks__state=Chunk.State.FAILED)),
            completed=Sum("chunks__completed_items", default=0),
            failed=Sum("chunks__failed_items", default=0),
        )
    )


def _paces(steps: Collection[ChunkedStep]) -> dict[int, float]:
    """How long an item took on one lane in the last chunks of each step, in milliseconds: a moving average."""
    if not steps:
        return {}
    place = Window(RowNumber(), partition_by=F("chunked_step"), order_by=F("ended_at").desc())
    ended = Chunk.objects.filter(chunked_step__in=steps, ended_at__isnull=False).annotate(place=place)
    found: dict[int, list[float]] = {}
    names = ("chunked_step", "busy_ms", "completed_items", "failed_items")
    for step, busy, completed, failed in ended.filter(place__lte=MEASURED_OVER).values_list(*names):
        sums = found.setdefault(step, [0.0, 0.0])
        sums[0] += busy
        sums[1] += completed + failed
    return {step: busy / items for step, (busy, items) in found.items() if items}


def _helping(steps: Collection[ChunkedStep]) -> dict[int, int]:
    if not steps:
        return {}
    rows = Helper.objects.filter(chunked_step__in=steps, ended_at=None).order_by().values("chunked_step")
    return {row["chunked_step"]: row["count"] for row in rows.annotate(count=Count("pk"))}


def _ahead(working: Collection[ChunkedStep]) -> dict[UUID, list[str]]:
    """The steps over items that come after those that batches are in now, by their names."""
    places = places_over_items([step.batch_id for step in working])
    return {
        step.batch_id: [name for place, name in places[step.batch_id].items() if place > step.step] for step in working
    }


def places_over_items(batches: Collection[UUID]) -> dict[UUID, dict[int, str]]:
    """The steps over items of batches, those that they took over as finished left out: names by place in the plan."""
    if not batches:
        return {}
    found: dict[UUID, dict[int, str]] = {}
    for batch in Batch.objects.filter(pk__in=batches).only("plan", "carried"):
        taken = places_taken_over(batch)
        steps = [planned for planned in batch.plan if planned.get("items")]
        places = [(first + more, name) for first, name, repeat in map(_PLACE, steps) for more in range(repeat)]
        found[batch.pk] = {place: name for place, name in places if place not in taken}
    return found


def usual_item_ms(sequences: Collection[str]) -> dict[str, dict[str, float]]:
    """How long an item took on one lane in the last whole batches of sequences, in milliseconds: by the name of the
    step over items, the median.
    """
    if not sequences:
        return {}
    done = ChunkedStep.objects.filter(batch__sequence__in=sequences, batch__state=State.COMPLETED, carried_items=0)
    rows = done.order_by("-pk").annotate(
        busy=Sum("chunks__busy_ms", default=0.0),
        items=Sum(F("chunks__completed_items") + F("chunks__failed_items"), default=0),
    )
    found: dict[str, dict[str, list[float]]] = {}
    for sequence, name, busy, items in rows.values_list("batch__sequence", "name", "busy", "items")[:USUAL_OF]:
        if items:
            found.setdefault(sequence, {}).setdefault(name, []).append(busy / items)
    return {
        sequence: {name: statistics.median(times) for name, times in steps.items()} for sequence, steps in found.items()
    }


def _add(found: Figures, step: Any, chunk_size: int) -> None:
    found["completed_items"] = step.completed + step.carried_items
    found["failed_items"] += step.failed
    found["total_chunks"] += step.chunks_made + -(-step.uncut_items // chunk_size)
    found["completed_chunks"] += step.chunks_completed
    found["failed_chunks"] += step.chunks_failed
    found["step"] = step.step


def _add_pace(found: Figures, lanes: int, item_ms: float | None, later_ms: Collection[float | None]) -> None:
    """How many lanes work on it now, and how long that takes, unless it stands still.

    `later_ms`: how long an item usually takes in each step over items that is to come.
    """
    found["lanes"] = lanes
    if item_ms:
        good = found["total_items"] - found["failed_items"]
        left_ms = (good - found["completed_items"]) * item_ms + good * sum(filter(None, later_ms))
        found["items_per_second"] = round(lanes * 1000 / item_ms, 2)
        found["items_seconds_left"] = round(left_ms / 1000 / lanes, 1)


def _progress(batch: Batch, found: Figures) -> float:
    """Its items are what takes long: all of them come to `ITEMS_SHARE`, the rest is for the steps around them."""
    over_items = [planned["index"] for planned in batch.plan if planned.get("items")]
    if found["step"] not in over_items or not found["total_items"] or batch.state in TERMINAL:
        return batch.progress
    done = (found["completed_items"] + found["failed_items"]) / found["total_items"]
    return round(ITEMS_SHARE * (over_items.index(found["step"]) + min(1.0, done)) / len(over_items), 4)
