"""Errors: failures with their traceback, grouped with their like by fingerprint."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import link_of, list_url, live_url, text_of, time_of
from control.admin.filters import as_uuid, batch_filter, begins, choice_filter, date_filter
from control.admin.one_batch import batch_neighbours, with_batch
from control.admin.skin import ReadOnlyAdmin
from control.models import ErrorLog

MESSAGE_SHOWN = 200


class ErrorAdmin(ReadOnlyAdmin):
    list_display = ("exception", "text", "category", "batch_link", "place", "time", "fingerprint")
    list_filter = (
        batch_filter(),
        choice_filter(gettext_lazy("Category"), "category", ErrorLog.Category.choices),
        date_filter("batch_id", of_ids=True),
    )
    search_fields = ("exception",)
    search_help_text = gettext_lazy("Id of a batch, fingerprint, or how the exception begins")
    ordering = ("-pk",)
    empty_text = gettext_lazy("Nothing has failed.")
    fieldsets = (
        (None, {"fields": (("category", "fingerprint"), ("place", "time"), "whole_message", "shown_traceback")}),
    )  # fmt: skip

    batch_link = link_of(lambda error: error.batch, gettext_lazy("batch"))
    time = time_of("at", gettext_lazy("time"))
    whole_message = text_of("message", gettext_lazy("message"))
    shown_traceback = text_of("traceback", gettext_lazy("traceback"))

    @display(description=gettext_lazy("step"))
    def place(self, error: ErrorLog) -> Any:
        return None if error.step is None else error.step + 1

    @display(description=gettext_lazy("message"))
    def text(self, error: ErrorLog) -> str:
        return error.message[:MESSAGE_SHOWN]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_batch(super().get_queryset(request))

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        pk = as_uuid(text)
        return rows.filter(batch=pk) if pk else rows.filter(Q(fingerprint=text) | begins("exception", text))

    def detail(self, request: HttpRequest, obj: ErrorLog) -> dict[str, Any]:
        like = {"text": _("Errors like this"), "url": list_url(ErrorLog, q=obj.fingerprint)}
        return {
            "heading": {"name": obj.exception, "facts": [obj.get_category_display()]},
            "live_url": live_url(obj.batch),
            "neighbours": [like, *batch_neighbours(obj.batch)],
        }
