"""Steps over items and their chunks: how a batch over a dataset was cut, who worked on what, and how often."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import (
    EMPTY,
    LINK,
    duration,
    label,
    label_of,
    link_of,
    list_url,
    live_url,
    row_link,
    row_url,
    text_of,
    time_of,
    yes_of,
)
from control.admin.filters import batch_filter, batch_in, choice_filter, date_filter, the_row, yes_filter
from control.admin.one_batch import batch_neighbours, find_within_batch, with_batch
from control.admin.skin import ReadOnlyAdmin
from control.models import Chunk, ChunkedStep, Item

ITEMS_SHOWN = 100


class ChunkedStepAdmin(ReadOnlyAdmin):
    list_display = ("name", "batch_link", "place", "total_items", "carried_items", "uncut_items", "is_over", "started")
    list_filter = (
        batch_filter(),
        yes_filter(gettext_lazy("Over"), "over"),
        date_filter("batch_id", of_ids=True),
    )
    search_fields = ("name",)
    search_help_text = gettext_lazy("Id of a batch; within a batch, how a name begins")
    ordering = ("-pk",)
    empty_text = gettext_lazy("No batch has gone over items.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "place"),
                    ("total_items", "carried_items"),
                    ("uncut_items", "is_over"),
                    ("started", "ended"),
                )
            },
        ),
    )

    batch_link = link_of(lambda opened: opened.batch, gettext_lazy("batch"))
    is_over = yes_of("over", gettext_lazy("over"))
    started = time_of("began_at", gettext_lazy("started"))
    ended = time_of("ended_at", gettext_lazy("ended"))

    @display(description=gettext_lazy("step"))
    def place(self, opened: ChunkedStep) -> int:
        return opened.step + 1

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_batch(super().get_queryset(request))

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        return find_within_batch(request, rows, text, batch="batch_id", names="name")

    def detail(self, request: HttpRequest, obj: ChunkedStep) -> dict[str, Any]:
        return {
            "heading": {"name": obj.name},
            "live_url": live_url(obj.batch),
            "neighbours": batch_neighbours(obj.batch),
            "tables": [_chunks(obj)],
        }


def _chunks(opened: ChunkedStep) -> dict[str, Any]:
    """How many there are in each state, with the way to them."""
    of_step = {"batch": opened.batch_id, "chunked_step": opened.pk}
    counts = dict(opened.chunks.order_by().values_list("state").annotate(Count("pk")))
    rows = [
        [label(state, state.label), _link(list_url(Chunk, **of_step, state=state.value), f"{counts[state]:,}")]
        for state in Chunk.State
        if state in counts
    ]
    return {
        "title": _("Chunks"),
        "table": {"headers": [_("State"), _("Chunks")], "rows": rows},
        "all_url": list_url(Chunk, **of_step),
    }


def _link(url: str, text: str) -> str:
    return format_html('<a class="{}" href="{}">{}</a>', LINK, url, text)


class ChunkAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "shown_state",
        "batch_link",
        "step_link",
        "lane",
        "completed_items",
        "failed_items",
        "tries",
        "losses",
        "started",
        "worked",
    )
    list_filter = (
        batch_filter("chunked_step__batch"),
        choice_filter(gettext_lazy("Step"), "chunked_step", the_row(ChunkedStep, "chunked_step")),
        choice_filter(gettext_lazy("State"), "state", Chunk.State.choices),
        date_filter("chunked_step__batch_id", of_ids=True),
    )
    search_fields = ("number",)
    search_help_text = gettext_lazy("Id of a batch; within a batch, a number, or how the name of a step begins")
    empty_text = gettext_lazy("There is no chunk.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "step_link"),
                    ("lane", "split_from"),
                    ("completed_items", "failed_items"),
                    ("tries", "losses", "token"),
                    ("started", "ended", "worked"),
                    "whole_message",
                )
            },
        ),
    )

    shown_state = label_of("state", gettext_lazy("state"))
    batch_link = link_of(lambda chunk: chunk.chunked_step.batch, gettext_lazy("batch"))
    step_link = link_of(lambda chunk: chunk.chunked_step, gettext_lazy("step"))
    started = time_of("began_at", gettext_lazy("started"))
    ended = time_of("ended_at", gettext_lazy("ended"))
    whole_message = text_of("message", gettext_lazy("message"))

    @display(description=gettext_lazy("lane"))
    def lane(self, chunk: Chunk) -> str:
        return chunk.slot_id or EMPTY

    @display(description=gettext_lazy("time worked"))
    def worked(self, chunk: Chunk) -> str:
        return duration(chunk.busy_ms / 1000)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).select_related("chunked_step")
        return with_batch(rows.defer("items", "message"), "chunked_step__batch")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """In one batch as they were cut, else the newest first."""
        return ("chunked_step_id", "number") if batch_in(request) else ("-pk",)

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        if batch_in(request) and text.isascii() and text.isdigit() and len(text) <= 18:
            return rows.filter(number=int(text))
        return find_within_batch(request, rows, text, batch="chunked_step__batch_id", names="chunked_step__name")

    def detail(self, request: HttpRequest, obj: Chunk) -> dict[str, Any]:
        opened = obj.chunked_step
        step = {"text": _("Step"), "count": opened.name, "url": row_url(opened)}
        return {
            "heading": {"name": _("Chunk %(number)s") % {"number": obj.number}, "labels": [self.shown_state(obj)]},
            "live_url": live_url(opened.batch),
            "neighbours": [step, *batch_neighbours(opened.batch)],
            "tables": [_items(obj)],
        }


def _items(chunk: Chunk) -> dict[str, Any]:
    """Those of its items that are settled."""
    opened = chunk.chunked_step
    settled = Item.objects.filter(batch=opened.batch_id, step=opened.step, index__in=chunk.items[:ITEMS_SHOWN])
    rows = [
        [item.index, row_link(item, item.path), label(item.state, item.get_state_display()), item.message]
        for item in settled.defer("result", "files").order_by("index")
    ]
    return {
        "title": _("Items"),
        "table": {"headers": [_("No."), _("Path"), _("State"), _("Message")], "rows": rows},
        "all_url": list_url(Item, batch=opened.batch_id),
        "cut": len(chunk.items) > ITEMS_SHOWN,
    }
