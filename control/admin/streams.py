"""Streams: the counters behind the stories, for whoever has to find out where an import stands."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import link_of, list_url, live_url
from control.admin.filters import as_uuid, batch_filter
from control.admin.one_batch import batch_neighbours, with_batch
from control.admin.skin import ReadOnlyAdmin
from control.models import Event, Stream


class StreamAdmin(ReadOnlyAdmin):
    list_display = ("name", "batch_link", "last_seq", "generation", "spool_offset")
    list_filter = (batch_filter(),)
    search_fields = ("name",)
    search_help_text = gettext_lazy("Id of a batch, board, alerts or safety")
    ordering = ("-pk",)
    fieldsets = ((None, {"fields": ("name", ("first_seq", "last_seq", "generation"), "spool_offset")}),)

    batch_link = link_of(lambda stream: stream.batch, gettext_lazy("batch"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_batch(super().get_queryset(request))

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        pk = as_uuid(text)
        return rows.filter(batch=pk) if pk else rows.filter(name=text)

    def detail(self, request: HttpRequest, obj: Stream) -> dict[str, Any]:
        if obj.batch is None:
            kept = f"{obj.last_seq - obj.first_seq + 1:,}"
            events = {"text": _("Events"), "count": kept, "url": list_url(Event, stream=obj.name)}
            return {"heading": {"name": obj.name}, "neighbours": [events]}
        return {
            "heading": {"name": obj.name},
            "live_url": live_url(obj.batch),
            "neighbours": batch_neighbours(obj.batch),
        }
