"""How long a batch will still take: the one function for page, API and terminal."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from control.metrics.items import Figures, figures_of, places_over_items, usual_item_ms
from control.models import Batch
from control.states import State

# Below this much progress a projection says nothing.
ENOUGH = 0.02


def elapsed_s(batch: Batch, now: datetime) -> float | None:
    """Seconds since the batch began, up to its end; None before it begins."""
    if batch.started_at is None:
        return None
    return ((batch.ended_at or now) - batch.started_at).total_seconds()


def figures_with_time(batches: Collection[Batch]) -> dict[UUID, Figures]:
    """The figures of batches over items, by their id, with `usual_s`: how long earlier batches of their sequence would
    have taken for their items, in all steps, on as many lanes. A fixed number of queries, none where no batch goes
    over items.
    """
    found = figures_of(batches)
    untold = [batch for batch in batches if batch.pk in found and _is_untold(batch, found[batch.pk])]
    usual = usual_item_ms({batch.sequence for batch in untold})
    places = places_over_items([batch.pk for batch in untold if batch.sequence in usual])
    for batch in untold:
        if known := usual.get(batch.sequence):
            of, mean_ms = found[batch.pk], statistics.mean(known.values())
            names = places[batch.pk].values() or known  # before its first step nobody knows its plan
            item_ms = sum(known.get(name, mean_ms) for name in names)
            of["usual_s"] = of["total_items"] * item_ms / 1000 / max(1, of["lanes"])
    return found


def times_left(batches: Collection[Batch], now: datetime) -> dict[UUID, float | None]:
    """`seconds_left` of many batches, by their id."""
    figures = figures_with_time(batches)
    return {batch.pk: seconds_left(batch, now, figures.get(batch.pk)) for batch in batches}


def _is_untold(batch: Batch, figures: Figures) -> bool:
    nothing_yet = figures["completed_items"] == 0  # of the step that it is in
    return batch.state == State.RUNNING and nothing_yet and figures["items_seconds_left"] is None


def seconds_left(batch: Batch, now: datetime, items: Mapping[str, float | None] | None = None) -> float | None:
    """Seconds until the batch ends; None when nothing is known, and while nobody can know: waiting, paused,
    asking somebody, ended.

    `items`: its figures, of one that goes over items. The moving average of its last chunks tells best; before the
    first item, what its items took in earlier batches.

    Else, before the first progress, what runs like this took lately; with progress, more and more its projection. One
    that takes longer than those did tells nothing any more: its projection would grow while it waits for one long step.
    """
    elapsed = elapsed_s(batch, now)
    if elapsed is None or batch.state != State.RUNNING or batch.open_prompt:
        return None
    if items and items.get("items_seconds_left") is not None:
        return items["items_seconds_left"]
    if items and (usual_s := items.get("usual_s")) is not None:
        return usual_s - elapsed if usual_s > elapsed else None
    if batch.expected_s is not None and elapsed > batch.expected_s:
        return None
    done = min(batch.progress, 1.0)
    projected = elapsed / done - elapsed if done >= ENOUGH else None
    usual = batch.expected_s - elapsed if batch.expected_s is not None else None
    if projected is None or usual is None:
        return projected if usual is None else usual
    return done * projected + (1 - done) * usual
