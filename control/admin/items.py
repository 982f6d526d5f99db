"""Items of batches over datasets: what became of each file in each step."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import json_of, label_of, link_of, live_url, row_url, text_of, time_of
from control.admin.filters import batch_filter, choice_filter, date_filter
from control.admin.one_batch import batch_neighbours, find_within_batch, with_batch
from control.admin.skin import ReadOnlyAdmin
from control.models import Chunk, Item


class ItemAdmin(ReadOnlyAdmin):
    list_display = ("path", "shown_state", "batch_link", "place", "chunk", "slot", "attempts", "stage", "time")
    list_filter = (
        batch_filter(),
        choice_filter(gettext_lazy("State"), "state", Item.State.choices),
        date_filter("batch_id", of_ids=True),
    )
    search_fields = ("path",)
    search_help_text = gettext_lazy("Id of a batch; within a batch, how a path begins")
    ordering = ("-pk",)
    empty_text = gettext_lazy("There is no settled item.")
    fieldsets = (
        (None, {"fields": (("path", "index"), ("place", "chunk"), ("slot", "attempts"), ("stage", "time"))}),
        (gettext_lazy("Result"), {"fields": ("exception", "whole_message", "shown_result")}),
    )

    shown_state = label_of("state", gettext_lazy("state"))
    batch_link = link_of(lambda item: item.batch, gettext_lazy("batch"))
    time = time_of("at", gettext_lazy("time"))
    whole_message = text_of("message", gettext_lazy("message"))
    shown_result = json_of("result", gettext_lazy("result"))

    @display(description=gettext_lazy("step"))
    def place(self, item: Item) -> int:
        return item.step + 1

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_batch(super().get_queryset(request))

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        return find_within_batch(request, rows, text, batch="batch_id", names="path")

    def detail(self, request: HttpRequest, obj: Item) -> dict[str, Any]:
        return {
            "heading": {"name": obj.path, "labels": [self.shown_state(obj)], "facts": []},
            "live_url": live_url(obj.batch),
            "neighbours": [*_its_chunk(obj), *batch_neighbours(obj.batch)],
        }


def _its_chunk(item: Item) -> list[dict[str, Any]]:
    """The way to it; none from an item that was carried over from another batch."""
    of_step = Chunk.objects.filter(chunked_step__batch=item.batch_id, chunked_step__step=item.step)
    chunk = None if item.chunk is None else of_step.filter(number=item.chunk).only("number").first()
    return [] if chunk is None else [{"text": _("Chunk"), "count": str(chunk.number), "url": row_url(chunk)}]
