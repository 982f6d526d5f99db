"""Control events: who intervened, when, from where and why."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import json_of, link_of, live_url, time_of
from control.admin.filters import as_uuid, batch_filter, choice_filter, date_filter
from control.admin.one_batch import batch_neighbours, with_batch
from control.admin.skin import ReadOnlyAdmin
from control.models import ControlEvent


class ControlEventAdmin(ReadOnlyAdmin):
    list_display = ("kind", "batch_link", "scope", "by", "face", "reason", "requested", "delivered", "obeyed")
    list_filter = (
        batch_filter(),
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
                    "reason",
                    ("requested", "delivered"),
                    "obeyed",
                    ("shown_before", "shown_after"),
                )
            },
        ),
    )

    batch_link = link_of(lambda event: event.batch, gettext_lazy("batch"))
    requested = time_of("requested_at", gettext_lazy("requested"), exact=True)
    delivered = time_of("delivered_at", gettext_lazy("delivered"), exact=True)
    obeyed = time_of("obeyed_at", gettext_lazy("obeyed"), exact=True)
    shown_before = json_of("before", gettext_lazy("state before"))
    shown_after = json_of("after", gettext_lazy("state after"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_batch(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        pk = as_uuid(search_term)
        if pk is None:
            messages.info(request, _("This is not the id of a batch."))
        return (queryset.filter(batch=pk) if pk else queryset.none()), False

    def detail(self, request: HttpRequest, obj: ControlEvent) -> dict[str, Any]:
        heading = {"name": obj.get_kind_display(), "facts": [obj.by, obj.get_face_display()]}
        if obj.batch is None:
            return {"heading": heading}
        return {"heading": heading, "live_url": live_url(obj.batch), "neighbours": batch_neighbours(obj.batch)}
