"""The part of a batch's page that is about its items: figures, the grid of chunks, what failed and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Func, IntegerField, Sum
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from control.access.rights import RIGHT_FOR, Right, may
from control.history.chunk_grid import Tile, read_grid
from control.history.durations import about_text, duration_text
from control.history.facts import Facts, batch_facts
from control.history.items import facts_of_items
from control.lifecycle.chunks.carry import MOST_CHUNKS
from control.models import Batch, Chunk, Item
from control.pages.dataset_analyses import ANALYSES
from control.pages.inside import needs
from control.pages.told import told_text
from control.states import ALLOWED_CONTROLS, Control, State

FAILED_SHOWN, ITEMS_SHOWN, CHUNKS_SHOWN = 50, 100, 100
SIGNS = {  # beside the colour
    Chunk.State.COMPLETED: "✓",
    Chunk.State.FAILED: "✕",
    Chunk.State.RUNNING: "▸",
    Chunk.State.PENDING: "·",
    Chunk.State.CANCELLED: "–",
}


@require_safe
@needs(Right.SEE)
def batch_items(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """That part alone: its script asks for it anew while the batch works."""
    batch = Batch.objects.select_related("dataset", "target_dataset").filter(pk=batch_id).first()
    if batch is None or batch.dataset is None:
        raise Http404
    return render(request, "control/batch_items.html", items_of_page(request, batch))


def items_of_page(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    """The context of `batch_items.html`; empty for a batch without a dataset."""
    if batch.dataset_id is None:
        return {}
    again = Control.RERUN in ALLOWED_CONTROLS[State(batch.state)] and may(request.user, RIGHT_FOR[Control.RERUN])
    chosen = _chosen(batch, request.GET)
    failed = Item.objects.filter(batch=batch, state=Item.State.FAILED).order_by("step", "index")
    return {
        "items_address": reverse("control:batch_items", args=[batch.pk]),
        "figures": _figures(batch_facts(batch, timezone.now())),
        "grid": [_shown_step(step, chosen) for step in read_grid(batch)],
        "signs": [{"state": state.value, "label": state.label, "sign": sign} for state, sign in SIGNS.items()],
        "chosen": chosen,
        "failed_items": _shown_items(batch, failed[:FAILED_SHOWN]),
        "failed_shown": FAILED_SHOWN,
        "again_address": reverse("control:control", kwargs={"batch_id": batch.pk, "word": Control.RERUN})
        if again
        else "",
        "found_address": _found_address(batch),
        "api_failed": f"/api/control/batches/{batch.pk}/items/?state=FAILED",
    }


def _found_address(batch: Batch) -> str:
    """Where the result of an analysis is drawn and explained."""
    if batch.sequence not in ANALYSES or batch.state != State.COMPLETED:
        return ""
    return reverse("control:dataset", args=[batch.dataset_id]) + f"#result-{batch.sequence}"


def _figures(facts: Facts) -> Facts:
    left = facts["seconds_left"]
    shown = {name: facts[name] for name in facts if name.endswith(("_items", "_chunks")) or name == "lanes"}
    return {
        **shown,
        "per_second": facts["items_per_second"],
        "left": None if left is None else about_text(left),
        "live": facts["ended_at"] is None,
    }


def _shown_step(step: Facts, chosen: Facts | None) -> Facts:
    tiles = [
        {
            "numbers": _numbers(tile.first, tile.last),
            "state": tile.state.value,
            "sign": SIGNS[tile.state],
            "label": _label(tile),
            "made": tile.made,
            "chosen": chosen is not None and (chosen["step"], chosen["first"]) == (step["step"], tile.first),
        }
        for tile in step["tiles"]
    ]
    return {**step, "tiles": tiles}


def _numbers(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _label(tile: Tile) -> str:
    """What a tile says in words."""
    if tile.first == tile.last:
        words = {"number": tile.first, "state": tile.state.label}
        return _("Chunk %(number)s: %(state)s") % words
    counts = ", ".join(f"{count} {state.label}" for state, count in tile.counts.items())
    words = {"first": tile.first, "last": tile.last, "counts": counts}
    return _("Chunks %(first)s to %(last)s: %(counts)s") % words


class _Length(Func):
    """Of a list that is kept as JSON."""

    function = "JSON_ARRAY_LENGTH"
    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_ARRAY_LENGTH", **context)


def _chosen(batch: Batch, query: QueryDict) -> Facts | None:
    """The chunks under the tile that somebody has opened, with their items."""
    numbers = [_number(text) for text in query.get("chunks", "").split("-", 1)]
    step = _number(query.get("step", ""))
    if step is None or None in numbers:
        return None
    first, last = numbers[0], numbers[-1]
    under = Chunk.objects.filter(chunked_step__batch=batch, chunked_step__step=step, number__range=(first, last))
    numbers = list(under.order_by("number").values_list("number", flat=True)[:MOST_CHUNKS])
    if not numbers:
        return None
    under = under.filter(number__lte=numbers[-1])
    chunks = list(under.select_related("slot").order_by("number")[:CHUNKS_SHOWN])
    settled = F("completed_items") + F("failed_items")
    counted = under.aggregate(settled=Sum(settled), total=Sum(_Length("items")))
    return {
        "step": step,
        "first": first,
        "title": _numbers(numbers[0], numbers[-1]),
        "numbers": numbers,
        "chunks_shown": CHUNKS_SHOWN,
        "chunks": [
            {"row": chunk, "sign": SIGNS[Chunk.State(chunk.state)], "worked": duration_text(chunk.busy_ms / 1000)}
            for chunk in chunks
        ],
        "items": _shown_items(batch, _items_under(batch, step, chunks, numbers)),
        "settled": counted["settled"],
        "total": counted["total"],
    }


def _items_under(batch: Batch, step: int, shown: Sequence[Chunk], numbers: Sequence[int]) -> list[Item]:
    """Some items of chunks. What failed in any of them comes first: that is what somebody opens a tile for."""
    rows = Item.objects.filter(batch=batch, step=step).order_by("index")
    failed = list(rows.filter(state=Item.State.FAILED, chunk__range=(numbers[0], numbers[-1]))[:ITEMS_SHOWN])
    indexes = [index for chunk in shown for index in chunk.items][: 10 * ITEMS_SHOWN]
    good = rows.filter(state=Item.State.COMPLETED, index__in=indexes)
    return [*failed, *good[: ITEMS_SHOWN - len(failed)]]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _shown_items(batch: Batch, rows: Iterable[Item]) -> list[Facts]:
    """Items with where their files and small pictures are."""
    found = []
    for facts in facts_of_items(batch, list(rows)):
        place = [facts["dataset"], facts["file_index"]]
        found.append(
            {
                **facts,
                "error": told_text(facts["error"]),
                "original": reverse("control:dataset_file", args=place) if facts["dataset"] else "",
                "picture": reverse("api:dataset-thumbnail", args=place) if facts["thumbnail"] else "",
                "took": None if facts["duration_ms"] is None else duration_text(facts["duration_ms"] / 1000),
                "kept": [
                    {**kept, "address": f"{_address(batch, facts, kept)}?step={facts['step']}"}
                    for kept in facts["files"]
                ],
            }
        )
    return found


def _address(batch: Batch, item: Facts, kept: Facts) -> str:
    """Of a file that an item has kept. Which step kept it belongs to it: another one may have kept one of that name."""
    return reverse("api:item-file", args=[batch.pk, item["index"], kept["name"]])
