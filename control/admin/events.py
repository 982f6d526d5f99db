"""Events: the lines of one story. Whoever comes without a batch chooses one, instead of reading millions."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import label, label_of, list_url, live_url, pretty_json, text_of, time_of
from control.admin.filters import ChoiceFilter, batch_in, choice_filter, the_batch
from control.admin.one_batch import batch_neighbours, with_batch
from control.admin.paging import UncountedPaginator
from control.admin.skin import ReadOnlyAdmin
from control.journal.kinds import ALERTS, BOARD, SAFETY, Kind
from control.journal.overflow import full_data
from control.models import Batch, Event, Stream

OFFERED = 20
MESSAGE_SHOWN = 300  # characters in a list


class InBatch(ChoiceFilter):
    """The stream is looked up first: with its number known, the index already has the lines in order."""

    title = gettext_lazy("Batch")
    parameter_name = "batch"
    offered = staticmethod(the_batch)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        stream = Stream.objects.filter(batch=batch_in(request)).values_list("pk", flat=True).first()
        return queryset.filter(stream_id=stream) if stream and batch_in(request) else queryset.none()


class InStream(ChoiceFilter):
    """The stories that belong to no batch."""

    title = gettext_lazy("Stream")
    parameter_name = "stream"

    @staticmethod
    def offered(request: HttpRequest) -> list[tuple[str, Any]]:
        return [
            (BOARD, gettext_lazy("Board: changes of state")),
            (ALERTS, gettext_lazy("Alerts: failures and stops")),
            (SAFETY, gettext_lazy("Safety: safe states beside runs")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        stream = Stream.objects.filter(name=self.value(), batch=None).values_list("pk", flat=True).first()
        return queryset.filter(stream_id=stream) if stream else queryset.none()


class EventAdmin(ReadOnlyAdmin):
    list_display = ("seq", "time", "shown_level", "kind", "shown_step", "text")
    list_filter = (
        InBatch,
        InStream,
        choice_filter(gettext_lazy("Level"), "level", Event.Level.choices),
        choice_filter(gettext_lazy("Kind"), "kind", [(kind.value, kind.value) for kind in Kind]),
    )
    search_fields = ("message",)
    search_help_text = gettext_lazy("A number to go on from, or words of a message")
    ordering = ("stream_id", "seq")
    list_per_page = 200
    paginator = UncountedPaginator
    fieldsets = (
        (None, {"fields": (("seq", "time"), ("kind", "shown_step"), "whole_message", "whole_data")}),
    )  # fmt: skip

    time = time_of("at", gettext_lazy("time"), exact=True)
    shown_level = label_of("level", gettext_lazy("level"))
    whole_message = text_of("message", gettext_lazy("message"))

    @display(description=gettext_lazy("step"))
    def shown_step(self, event: Event) -> Any:
        return None if event.step is None else event.step + 1

    @display(description=gettext_lazy("message"))
    def text(self, event: Event) -> str:
        return event.message[:MESSAGE_SHOWN]

    @display(description=gettext_lazy("data"))
    def whole_data(self, event: Event) -> Any:
        return pretty_json(full_data(event))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        match = request.resolver_match
        if match is None or not match.url_name.endswith("_changelist"):
            return with_batch(rows.select_related("stream"), "stream__batch")
        chosen = request.GET.get("batch") or request.GET.get("stream")
        return rows.defer("data") if chosen else rows.none()

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        """Only ever within one story, which the filters have chosen."""
        if text.isascii() and text.isdigit() and len(text) <= 18:
            return rows.filter(seq__gte=int(text))
        return rows.filter(message__icontains=text)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        chosen = request.GET.get("batch") or request.GET.get("stream")
        return super().changelist_view(
            request, {"choose_from": None if chosen else _choices(), **(extra_context or {})}
        )

    def detail(self, request: HttpRequest, obj: Event) -> dict[str, Any]:
        batch = obj.stream.batch
        heading = {"name": f"{obj.seq} {obj.kind}", "labels": [label(obj.level, obj.get_level_display())]}
        if batch is None:
            return {"heading": heading}
        return {"heading": heading, "live_url": live_url(batch), "neighbours": batch_neighbours(batch)}


def _choices() -> dict[str, Any]:
    """What to choose from: the newest batches, and the streams of all batches."""
    batches = Batch.objects.only("name", "state", "outcome", "created_at").order_by("-pk")[:OFFERED]
    return {
        "title": _("Events belong to a batch: choose one"),
        "rows": [
            {
                "url": list_url(Event, batch=batch.pk),
                "text": batch.name,
                "label": label(batch.state, batch.get_state_display()),
                "at": batch.created_at,
            }
            for batch in batches
        ],
        "others": [
            {"url": list_url(Event, stream=BOARD), "text": _("Changes of state of all batches")},
            {"url": list_url(Event, stream=ALERTS), "text": _("Alerts")},
            {"url": list_url(Event, stream=SAFETY), "text": _("Safe states beside runs")},
        ],
    }
