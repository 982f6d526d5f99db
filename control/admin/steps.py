"""Steps of batches: each attempt is a row."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import (
    chip,
    duration,
    json_of,
    label,
    label_of,
    link_of,
    list_url,
    live_url,
    row_link,
    text_of,
    time_of,
    yes_of,
)
from control.admin.filters import batch_filter, batch_in, choice_filter, date_filter, yes_filter
from control.admin.measured import limits_of, value_text, with_short_values
from control.admin.one_batch import batch_neighbours, find_within_batch, with_batch
from control.admin.skin import ReadOnlyAdmin
from control.models import Measurement, Step
from control.states import StepOutcome, StepState

MEASUREMENTS_SHOWN = 100
OUTCOME = label_of("outcome", gettext_lazy("outcome"))


class StepAdmin(ReadOnlyAdmin):
    list_display = (
        "name",
        "batch_link",
        "place",
        "attempt",
        "group",
        "shown_state",
        "shown_outcome",
        "started",
        "took",
    )
    list_filter = (
        batch_filter(),
        choice_filter(gettext_lazy("State"), "state", StepState.choices),
        choice_filter(gettext_lazy("Outcome"), "outcome", StepOutcome.choices),
        yes_filter(gettext_lazy("Marginal"), "marginal"),
        date_filter("batch_id", of_ids=True),
    )
    search_fields = ("name",)
    search_help_text = gettext_lazy("Id of a batch; within a batch, how a name begins")
    fieldsets = (
        (None, {"fields": (("name", "group"), ("place", "attempt"), ("started", "ended"), ("took", "repeated"))}),
        (gettext_lazy("Result"), {"fields": (("input_count", "output_count"), "shown_message", "shown_result")}),
    )

    batch_link = link_of(lambda step: step.batch, gettext_lazy("batch"))
    shown_state = label_of("state", gettext_lazy("state"))
    started = time_of("started_at", gettext_lazy("started"))
    ended = time_of("ended_at", gettext_lazy("ended"))
    repeated = yes_of("retrying", gettext_lazy("repeated"))
    shown_message = text_of("message", gettext_lazy("message"))
    shown_result = json_of("result", gettext_lazy("result"))

    @display(description=gettext_lazy("number"))
    def place(self, step: Step) -> int:
        return step.index + 1

    @display(description=gettext_lazy("outcome"))
    def shown_outcome(self, step: Step) -> Any:
        """A step that somebody wanted skipped looks different from one that was never begun."""
        shown = OUTCOME(self, step)
        return format_html("{} {}", shown, chip("warning", _("On request"))) if step.skipped_by_request else shown

    @display(description=gettext_lazy("duration"))
    def took(self, step: Step) -> str:
        return duration(None if step.duration_ms is None else step.duration_ms / 1000)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_batch(super().get_queryset(request).defer("result"))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """In one batch as they ran, else the newest first: both are the order of the index, forwards and backwards."""
        forwards = ("batch_id", "index", "attempt")
        return forwards if batch_in(request) else tuple(f"-{field}" for field in forwards)

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        return find_within_batch(request, rows, text, batch="batch_id", names="name")

    def detail(self, request: HttpRequest, obj: Step) -> dict[str, Any]:
        rows = [
            [row_link(one), value_text(one), limits_of(one), label(one.outcome, one.get_outcome_display())]
            for one in with_short_values(obj.measurements.all())[:MEASUREMENTS_SHOWN]
        ]
        measurements = {
            "title": _("Measurements"),
            "table": {"headers": [_("Name"), _("Value"), _("Limits"), _("Outcome")], "rows": rows},
            "all_url": list_url(Measurement, batch=obj.batch_id, step=obj.pk),
            "cut": len(rows) == MEASUREMENTS_SHOWN,
        }
        return {
            "heading": {"name": obj.name, "labels": [self.shown_state(obj), self.shown_outcome(obj)]},
            "live_url": live_url(obj.batch),
            "neighbours": batch_neighbours(obj.batch),
            "tables": [measurements],
        }
