"""Limits as a person writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def limits_text(limits: Mapping[str, Any] | None, unit: str = "") -> str:
    """`3.2 … 3.4 V, marginal outside 3.25 … 3.35 V`, `≥ 1`, `= OK`, `one of A, B`; nothing where there are none."""
    limits = limits or {}
    hard = _range(limits.get("minimum"), limits.get("maximum"), unit)
    if "equals" in limits:
        hard = f"= {limits['equals']} {unit}".strip()
    elif "one_of" in limits:
        hard = _("one of %(values)s") % {"values": ", ".join(map(str, limits["one_of"]))}
    soft = _marginal(limits.get("marginal_minimum"), limits.get("marginal_maximum"), unit)
    return ", ".join(filter(None, [hard, soft]))


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
