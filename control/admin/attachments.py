"""Attachments: the files that steps have kept."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import LINK, link_of, list_url, live_url, moment, row_link, row_url, time_of
from control.admin.filters import batch_filter, date_filter
from control.admin.one_batch import batch_neighbours, find_within_batch, with_batch
from control.admin.skin import ReadOnlyAdmin
from control.metrics.disk import size_text
from control.models import Attachment, Batch

SHOWN = 50


class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ("name", "file", "media_type", "shown_size", "step_link", "batch_link", "time")
    list_filter = (batch_filter(), date_filter("batch_id", of_ids=True))
    search_fields = ("name",)
    search_help_text = gettext_lazy("Id of a batch; within a batch, how a name begins")
    ordering = ("-pk",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "file"),
                    ("media_type", "shown_size"),
                    ("width", "height"),
                    ("step_link", "time"),
                    "sha256",
                )
            },
        ),
    )

    time = time_of("at", gettext_lazy("time"), exact=True)
    step_link = link_of(lambda attachment: attachment.step, gettext_lazy("step"))
    batch_link = link_of(lambda attachment: attachment.batch, gettext_lazy("batch"))

    @display(description=gettext_lazy("size"))
    def shown_size(self, attachment: Attachment) -> str:
        return size_text(attachment.size)

    @display(description=gettext_lazy("file"))
    def file(self, attachment: Attachment) -> SafeString | str:
        return file_link(attachment)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).select_related("step").defer("step__result")
        return with_batch(rows)

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        return find_within_batch(request, rows, text, batch="batch_id", names="name")

    def detail(self, request: HttpRequest, obj: Attachment) -> dict[str, Any]:
        step = {"text": _("Step"), "count": obj.step.name, "url": row_url(obj.step)}
        return {
            "heading": {"name": obj.name, "labels": [], "facts": [size_text(obj.size)]},
            "live_url": live_url(obj.batch),
            "neighbours": [step, *batch_neighbours(obj.batch)],
        }


def file_link(attachment: Attachment) -> SafeString | str:
    """To its content; what it is called where there are no pages."""
    words = _("Open") if attachment.is_picture else _("Download")
    try:
        address = reverse("control:attachment", args=[attachment.batch_id, attachment.pk])
    except NoReverseMatch:
        return words
    return format_html('<a class="{}" href="{}">{}</a>', LINK, address, words)


def attachments_of(batch: Batch) -> list[dict[str, Any]]:
    """The table of its files for the page of a batch; none where there are none."""
    found = Attachment.objects.filter(batch=batch).select_related("step").defer("step__result").order_by("pk")[:SHOWN]
    rows = [
        [
            row_link(one, Truncator(one.name).chars(50)),
            file_link(one),
            one.media_type,
            size_text(one.size),
            row_link(one.step),
            moment(one.at),
        ]
        for one in found
    ]
    if not rows:
        return []
    return [
        {
            "title": _("Attachments"),
            "table": {
                "headers": [_("Name"), _("File"), _("Media type"), _("Size"), _("Step"), _("Time")],
                "rows": rows,
            },
            "all_url": list_url(Attachment, batch=batch.pk),
            "cut": len(rows) == SHOWN,
        }
    ]
