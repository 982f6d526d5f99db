"""Limits as a person writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def limits_text(limits: Mapping[str, Any] | None, unit: str = "") -> str:
    """`3.2 … 3.4 V, marginal outside 3.25 … 3.35 V`, `≥ 1`, `3.3 V ± 5 %`, `= yes`, `one of A, B`, `matches v\\d+`;
    all that are given, and nothing where there are none.
    """
    limits = limits or {}
    told = [_range(limits.get("minimum"), limits.get("maximum"), unit)]
    if "nominal" in limits:
        nominal = f"{limits['nominal']:.10g} {unit}".strip()
        told.append(f"{nominal} ± {limits.get('within_percent', 0):.10g} %")
    if "equals" in limits:
        told.append(f"= {_word(limits['equals'])} {unit}".strip())
    if "one_of" in limits:
        told.append(_("one of %(values)s") % {"values": ", ".join(map(_word, limits["one_of"]))})
    if "pattern" in limits:
        told.append(_("matches %(pattern)s") % {"pattern": limits["pattern"]})
    told.append(_marginal(limits.get("marginal_minimum"), limits.get("marginal_maximum"), unit))
    return ", ".join(filter(None, told))


def _word(value: object) -> str:
    """As the value itself is written beside it."""
    return (_("yes") if value else _("no")) if isinstance(value, bool) else str(value)


def _marginal(low: float | None, high: float | None, unit: str) -> str:
    if low is not None and high is not None:
        return _("marginal outside %(band)s") % {"band": _range(low, high, unit)}
    if low is not None:
        return _("marginal below %(limit)s") % {"limit": f"{low:.10g} {unit}".strip()}
    return _("marginal above %(limit)s") % {"limit": f"{high:.10g} {unit}".strip()} if high is not None else ""


def _range(low: float | None, high: float | None, unit: str) -> str:
    if low is not None and high is not None:
        return f"{low:.10g} … {high:.10g} {unit}".strip()
    if low is not None:
        return f"≥ {low:.10g} {unit}".strip()
    return f"≤ {high:.10g} {unit}".strip() if high is not None else ""
