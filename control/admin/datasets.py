"""Datasets: the files that batches work on, also of those that were deleted while batches name them."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import EMPTY, chip, row_link, time_of
from control.admin.filters import as_uuid, choice_filter, date_filter, stations
from control.admin.skin import ReadOnlyAdmin
from control.datasets.problems import told_problem
from control.metrics.disk import size_text
from control.models import Dataset, DatasetFile

SHOWN = 50
STATE_TONES = {
    Dataset.State.RECEIVING: "info",
    Dataset.State.READING: "info",
    Dataset.State.READY: "good",
    Dataset.State.FAILED: "bad",
    Dataset.State.REMOVED: "plain",
}


class DatasetAdmin(ReadOnlyAdmin):
    list_display = (
        "name",
        "shown_state",
        "kind",
        "total_files",
        "bad_files",
        "size",
        "station_link",
        "made_by",
        "made",
    )
    list_filter = (
        choice_filter(gettext_lazy("State"), "state", Dataset.State.choices),
        choice_filter(gettext_lazy("Kind"), "kind", Dataset.Kind.choices),
        choice_filter(gettext_lazy("Station"), "station", stations),
        date_filter("pk", of_ids=True),
    )
    list_select_related = ("station",)
    search_fields = ("name",)
    search_help_text = gettext_lazy("Id of a dataset, or a part of its name")
    ordering = ("-pk",)
    empty_text = gettext_lazy("There is no dataset yet.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "shown_state"),
                    ("kind", "location"),
                    ("total_files", "bad_files"),
                    ("size", "station"),
                    ("made_by", "made"),
                    ("read", "why_failed"),
                    "sha256",
                )
            },
        ),
    )

    made = time_of("created_at", gettext_lazy("made"))
    read = time_of("read_at", gettext_lazy("read"))

    @display(description=gettext_lazy("state"))
    def shown_state(self, dataset: Dataset) -> Any:
        return chip(STATE_TONES[Dataset.State(dataset.state)], dataset.get_state_display())

    @display(description=gettext_lazy("message"))
    def why_failed(self, dataset: Dataset) -> str:
        return told_problem(dataset.message) or EMPTY

    @display(description=gettext_lazy("size"))
    def size(self, dataset: Dataset) -> str:
        return size_text(dataset.total_bytes)

    @display(description=gettext_lazy("station"))
    def station_link(self, dataset: Dataset) -> Any:
        return row_link(dataset.station)

    @display(description=gettext_lazy("made by"))
    def made_by(self, dataset: Dataset) -> str:
        return dataset.submitted_by

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        pk = as_uuid(text)
        if pk is not None:
            return rows.filter(pk=pk)
        return rows.filter(name__icontains=text.replace("\0", ""))

    def detail(self, request: HttpRequest, obj: Dataset) -> dict[str, Any]:
        facts = [size_text(obj.total_bytes), obj.get_kind_display()]
        heading = {"name": obj.name, "labels": [self.shown_state(obj)], "facts": facts}
        return {"heading": heading, "live_url": _page_of(obj), "tables": [_files(obj)]}


def _page_of(dataset: Dataset) -> str:
    """Nothing where there are no pages."""
    try:
        return reverse("control:dataset", args=[dataset.pk])
    except NoReverseMatch:
        return ""


def _files(dataset: Dataset) -> dict[str, Any]:
    """Those with a problem first: they are what somebody looks for."""
    rows = DatasetFile.objects.filter(dataset=dataset).order_by("index")
    bad = list(rows.exclude(problem="")[:SHOWN])
    found = bad + list(rows.filter(problem="")[: SHOWN - len(bad)])
    headers = [_("Number"), _("Path"), _("Size"), _("Media type"), _("Checksum"), _("Problem")]
    cells = [
        [file.index, file.path, size_text(file.size), file.media_type, file.sha256[:12], told_problem(file.problem)]
        for file in found
    ]
    page = _page_of(dataset)
    all_url = f"{page}#files-title" if page else ""
    cut = dataset.read_files > len(found)
    return {"title": _("Files"), "table": {"headers": headers, "rows": cells}, "all_url": all_url, "cut": cut}
