"""Measured values and their limits, in the width of a column."""

from __future__ import annotations

from django.db.models import Case, F, JSONField, QuerySet, Value, When
from django.utils.translation import gettext as _

from control.admin.cells import EMPTY
from control.history.limits import limits_text
from control.models import Measurement

SHOWN = 200  # characters of a text


def with_short_values(rows: QuerySet) -> QuerySet:
    """Measurements without the points of their curves, of which a list would carry megabytes."""
    short = Case(
        When(type=Measurement.Type.CURVE, then=Value(None, JSONField())), default=F("value"), output_field=JSONField()
    )
    return rows.defer("value").annotate(short_value=short)


def value_text(measurement: Measurement) -> str:
    """The value with its unit, as `with_short_values` has fetched it."""
    if measurement.type == Measurement.Type.CURVE:
        return _("Curve")
    if measurement.type == Measurement.Type.BOOLEAN:
        return _("Yes") if measurement.short_value else _("No")
    value = measurement.short_value if measurement.number is None else f"{measurement.number:.10g}"
    return f"{value} {measurement.unit}".strip()[:SHOWN]


def limits_of(measurement: Measurement) -> str:
    return limits_text(measurement.limits, measurement.unit) or EMPTY
