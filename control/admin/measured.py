"""Measured values and their limits, in the width of a column."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, JSONField, QuerySet, Value, When
from django.utils.translation import gettext as _

from control.models import Measurement

EMPTY = "–"
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


def limits_text(limits: dict[str, Any] | None) -> str:
    """4.75 … 5.25, ≥ 1, = "ok", one of a, b."""
    if not limits:
        return EMPTY
    low, high = limits.get("minimum"), limits.get("maximum")
    if low is not None and high is not None:
        return f"{low:g} … {high:g}"
    if low is not None:
        return f"≥ {low:g}"
    if high is not None:
        return f"≤ {high:g}"
    if "equals" in limits:
        return f"= {limits['equals']}"
    return ", ".join(map(str, limits.get("one_of", []))) or EMPTY
