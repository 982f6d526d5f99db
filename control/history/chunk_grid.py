"""The chunks of a batch as a grid: each step over items with at most so many tiles, however many chunks it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, IntegerField, Sum
from django.db.models.expressions import CombinedExpression, Value

from control.history.facts import Facts
from control.lifecycle.chunks.claim import chunk_size
from control.models import Batch, Chunk, ChunkedStep
from control.states import TERMINAL

TILES = 240
State = Chunk.State
# What of the chunks under one tile counts most.
_FIRST = (State.FAILED, State.RUNNING, State.PENDING, State.CANCELLED, State.COMPLETED)


@dataclass
class Tile:
    """Chunks with numbers in a row. `counts`: how many of them are in which state."""

    first: int
    last: int
    made: bool = False  # a chunk of it has been made, so that it has items
    failed_items: int = 0
    counts: dict[State, int] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return next((state for state in _FIRST if self.counts.get(state)), State.PENDING)


def read_grid(batch: Batch) -> list[Facts]:
    """The steps over items that have begun, each with its tiles, in two queries for each.

    Chunks that are not made yet are drawn too, as waiting; once the batch has ended, as cancelled.
    """
    return [_of_step(batch, opened) for opened in ChunkedStep.objects.filter(batch=batch).order_by("step")]


def _of_step(batch: Batch, opened: ChunkedStep) -> Facts:
    uncut = -(-opened.uncut_items // chunk_size(opened, batch)) if opened.uncut_items else 0
    total = opened.next_number + uncut
    of_tile = max(1, -(-total // TILES))
    tiles = [Tile(first, min(first + of_tile, total) - 1) for first in range(0, total, of_tile)]
    for row in _rows(opened, of_tile):
        tile = tiles[min(row["tile"], len(tiles) - 1)]
        tile.made = True
        tile.counts[State(row["state"])] = tile.counts.get(State(row["state"]), 0) + row["count"]
        tile.failed_items += row["failed"]
    for tile in tiles:
        if unmade := tile.last - tile.first + 1 - sum(tile.counts.values()):
            waits = State.CANCELLED if batch.state in TERMINAL else State.PENDING
            tile.counts[waits] = tile.counts.get(waits, 0) + unmade
    return {"step": opened.step, "name": opened.name, "total": total, "of_tile": of_tile, "tiles": tiles}


def _rows(opened: ChunkedStep, of_tile: int) -> Any:
    """How many chunks of each tile are in which state; whole numbers divide to whole ones in both databases."""
    tile = CombinedExpression(F("number"), "/", Value(of_tile), output_field=IntegerField())
    chunks = Chunk.objects.filter(chunked_step=opened).order_by().annotate(tile=tile).values("tile", "state")
    return chunks.annotate(count=Count("pk"), failed=Sum("failed_items", default=0))
