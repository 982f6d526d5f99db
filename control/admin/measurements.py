"""Measurements: named values with their limits and judgement."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import json_of, label_of, link_of, live_url, row_url, time_of
from control.admin.filters import batch_filter, choice_filter, date_filter, the_row, yes_filter
from control.admin.measured import limits_of, value_text, with_short_values
from control.admin.one_batch import batch_neighbours, find_within_batch, with_batch
from control.admin.skin import ReadOnlyAdmin
from control.models import Measurement, Step
from control.states import StepOutcome


class MeasurementAdmin(ReadOnlyAdmin):
    list_display = ("name", "shown_value", "shown_limits", "shown_outcome", "step_link", "batch_link", "time")
    list_filter = (
        batch_filter("step__batch"),
        choice_filter(gettext_lazy("Step"), "step", the_row(Step, "step")),
        choice_filter(gettext_lazy("Outcome"), "outcome", StepOutcome.choices),
        choice_filter(gettext_lazy("Type"), "type", Measurement.Type.choices),
        yes_filter(gettext_lazy("Marginal"), "marginal"),
        date_filter("step__batch_id", of_ids=True),
    )
    search_fields = ("name",)
    search_help_text = gettext_lazy("Id of a batch; within a batch, how a name begins")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": (("name", "type"), ("shown_value", "shown_limits"), ("step_link", "time"))}),
        (gettext_lazy("As recorded"), {"fields": ("whole_value", "whole_limits")}),
    )

    shown_outcome = label_of("outcome", gettext_lazy("outcome"))
    time = time_of("at", gettext_lazy("time"), exact=True)
    step_link = link_of(lambda measurement: measurement.step, gettext_lazy("step"))
    batch_link = link_of(lambda measurement: measurement.step.batch, gettext_lazy("batch"))
    whole_value = json_of("value", gettext_lazy("value"))
    whole_limits = json_of("limits", gettext_lazy("limits"))

    @display(description=gettext_lazy("value"))
    def shown_value(self, measurement: Measurement) -> str:
        return value_text(measurement)

    @display(description=gettext_lazy("limits"))
    def shown_limits(self, measurement: Measurement) -> str:
        return limits_of(measurement)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = with_short_values(super().get_queryset(request)).defer("step__result")
        return with_batch(rows.select_related("step"), "step__batch")

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        return find_within_batch(request, rows, text, batch="step__batch_id", names="name")

    def detail(self, request: HttpRequest, obj: Measurement) -> dict[str, Any]:
        batch = obj.step.batch
        step = {"text": _("Step"), "count": obj.step.name, "url": row_url(obj.step)}
        return {
            "heading": {"name": obj.name, "labels": [self.shown_outcome(obj)], "facts": [value_text(obj)]},
            "live_url": live_url(batch),
            "neighbours": [step, *batch_neighbours(batch)],
        }
