"""Control events: who intervened, when, from where and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import details_of, json_of, link_of, live_url, reason_of, time_of
from control.admin.filters import as_uuid, batch_filter, batch_in, choice_filter, date_filter
from control.admin.one_batch import LARGE, batch_neighbours, with_batch
from control.admin.skin import ReadOnlyAdmin
from control.history.interventions import are_of
from control.models import Batch, ControlEvent


class OfBatch(batch_filter()):  # type: ignore[misc]
    """What is told of a batch everywhere: also the stops of its slot, its station or everything that met it."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return _of_batch(queryset, batch_in(request)) if self.value() else queryset


def _of_batch(rows: QuerySet, pk: UUID | None) -> QuerySet:
    batch = Batch.objects.filter(pk=pk).defer(*LARGE).first()
    return rows.none() if batch is None else rows.filter(are_of(batch, timezone.now()))


class ControlEventAdmin(ReadOnlyAdmin):
    list_display = (
        "kind",
        "batch_link",
        "scope",
        "asked_for",
        "by",
        "face",
        "shown_reason",
        "requested",
        "delivered",
        "obeyed",
    )
    list_filter = (
        OfBatch,
        choice_filter(gettext_lazy("Kind"), "kind", ControlEvent.Kind.choices),
        choice_filter(gettext_lazy("Origin"), "face", ControlEvent.Face.choices),
        date_filter("pk", of_ids=True),
    )
    search_fields = ("batch",)
    search_help_text = gettext_lazy("Id of a batch")
    ordering = ("-pk",)
    empty_text = gettext_lazy("Nobody has intervened yet.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("kind", "scope"),
                    ("by", "face"),
                    ("asked_for", "shown_reason"),
                    ("requested", "delivered"),
                    ("obeyed", "shown_details"),
                    ("shown_before", "shown_after"),
                )
            },
        ),
    )

    batch_link = link_of(lambda event: event.batch, gettext_lazy("batch"))
    requested = time_of("requested_at", gettext_lazy("requested"), exact=True)
    delivered = time_of("delivered_at", gettext_lazy("delivered"), exact=True)
    obeyed = time_of("obeyed_at", gettext_lazy("obeyed"), exact=True)
    shown_details = json_of("details", gettext_lazy("details"))
    shown_before = json_of("before", gettext_lazy("state before"))
    shown_after = json_of("after", gettext_lazy("state after"))

    @display(description=gettext_lazy("reason"))
    def shown_reason(self, event: ControlEvent) -> str:
        return reason_of(event)

    @display(description=gettext_lazy("asked for"))
    def asked_for(self, event: ControlEvent) -> str:
        return details_of(event)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_batch(super().get_queryset(request))

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        pk = as_uuid(text)
        if pk is None:
            messages.info(request, _("This is not the id of a batch."))
        return _of_batch(rows, pk)

    def detail(self, request: HttpRequest, obj: ControlEvent) -> dict[str, Any]:
        heading = {"name": obj.get_kind_display(), "facts": [obj.by, obj.get_face_display()]}
        if obj.batch is None:
            return {"heading": heading}
        return {"heading": heading, "live_url": live_url(obj.batch), "neighbours": batch_neighbours(obj.batch)}
