"""How much was done lately: batches, items and chunks over an hour, a day or a week."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from control.history.facts import Facts, iso
from control.models import Batch, Chunk
from control.states import ACTIVE, State, StepOutcome

# By the name of the period: how long it is, and in how many parts it is shown.
PERIODS = {
    "1h": (timedelta(hours=1), 12),
    "24h": (timedelta(days=1), 24),
    "7d": (timedelta(days=7), 28),
}


def read_statistics(period: str, now: datetime) -> Facts:
    """Facts of what ended in a period up to `now`; `period` is a key of PERIODS. A fixed number of queries.

    Chunks count when they end; their items with them. Times in seconds.
    """
    length, parts = PERIODS[period]
    since = now - length
    batches = Batch.objects.filter(ended_at__gt=since)
    chunks = _chunks(since)
    busy = _sums(chunks)
    items = busy["completed_items"] + busy["failed_items"]
    return {
        "period": period,
        "since": iso(since),
        "until": iso(now),
        "batches": _batches(batches),
        "completed_items": busy["completed_items"],
        "failed_items": busy["failed_items"],
        "items_per_second": round(items / length.total_seconds(), 3),
        "item_ms": round(busy["busy_ms"] / items, 1) if items else None,
        "chunks": _chunk_times(chunks, busy),
        "parts": _parts(chunks, since, length / parts, parts),
        "sequences": _sequences(batches),
        "lanes": _lanes(chunks, length),
    }


def _chunks(since: datetime) -> QuerySet[Chunk]:
    """What ended since: of batches that have ended since, or still run."""
    batches = Batch.objects.filter(Q(ended_at__gt=since) | Q(state__in=ACTIVE), dataset__isnull=False)
    ended = (Chunk.State.COMPLETED, Chunk.State.FAILED)
    return Chunk.objects.filter(chunked_step__batch__in=batches, ended_at__gt=since, state__in=ended).order_by()


def _sums(chunks: QuerySet[Chunk]) -> dict[str, Any]:
    failed = Count("pk", filter=Q(state=Chunk.State.FAILED))
    tried_again, lost = (Count("pk", filter=Q(**{f"{name}__gt": 0})) for name in ("tries", "losses"))
    sums = {name: Sum(name, default=0) for name in ("completed_items", "failed_items", "busy_ms")}
    return chunks.aggregate(count=Count("pk"), failed=failed, tried_again=tried_again, lost=lost, **sums)


def _batches(batches: QuerySet[Batch]) -> Facts:
    rows = dict(batches.order_by().values_list("state").annotate(Count("pk")))
    return {"ended": sum(rows.values()), **{state.value: rows.get(state.value, 0) for state in _ENDINGS}}


_ENDINGS = (State.COMPLETED, State.FAILED, State.STOPPED, State.ABORTED, State.CRASHED)


def _chunk_times(chunks: QuerySet[Chunk], sums: dict[str, Any]) -> Facts:
    """Their number, and how long they worked: each place is asked for by itself, none are read all."""
    count = sums["count"]
    ordered = chunks.order_by("busy_ms").values_list("busy_ms", flat=True)
    places = {"median_s": 0.5, "p95_s": 0.95, "longest_s": 1.0}
    times = {
        name: round(ordered[max(0, math.ceil(share * count) - 1)] / 1000, 3) if count else None
        for name, share in places.items()
    }
    told = {name: sums[name] for name in ("failed", "tried_again", "lost")}
    return {"ended": count, **told, **times}


def _parts(chunks: QuerySet[Chunk], since: datetime, each: timedelta, count: int) -> list[Facts]:
    """Items that ended in each part of the period, the oldest first."""
    found = [{"at": iso(since + number * each), "completed_items": 0, "failed_items": 0} for number in range(count)]
    rows = chunks.values_list("ended_at", "completed_items", "failed_items")
    for at, completed, failed in rows.iterator(chunk_size=2000):
        part = found[min(count - 1, int((at - since) / each))]
        part["completed_items"] += completed
        part["failed_items"] += failed
    return found


_NOT_PASSED = (StepOutcome.FAIL, StepOutcome.TIMEOUT, StepOutcome.ERROR)


def _sequences(batches: QuerySet[Batch]) -> list[Facts]:
    rows = (
        batches.order_by()
        .values("sequence")
        .annotate(
            ended=Count("pk"),
            completed=Count("pk", filter=Q(state=State.COMPLETED)),
            not_passed=Count("pk", filter=Q(state=State.COMPLETED, outcome__in=_NOT_PASSED)),
            failed=Count("pk", filter=Q(state__in=(State.FAILED, State.CRASHED, State.ABORTED))),
            stopped=Count("pk", filter=Q(state=State.STOPPED)),
        )
    )
    return sorted(rows, key=lambda row: (-row["ended"], row["sequence"]))


def _lanes(chunks: QuerySet[Chunk], length: timedelta) -> list[Facts]:
    rows: Sequence[dict[str, Any]] = chunks.values("slot").annotate(
        chunks=Count("pk"),
        completed=Sum("completed_items", default=0),
        failed=Sum("failed_items", default=0),
        busy_ms=Sum("busy_ms", default=0.0),
    )
    return [
        {
            "slot": row["slot"],
            "chunks": row["chunks"],
            "completed_items": row["completed"],
            "failed_items": row["failed"],
            "busy_s": round(row["busy_ms"] / 1000, 1),
            "share": round(min(1.0, row["busy_ms"] / 1000 / length.total_seconds()), 4),
        }
        for row in sorted(rows, key=lambda row: row["slot"] or "")
    ]
