"""Limits as terminals and the stories of trials write them, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sequences.limits import word_of
from sequences.wording import figure


def _word(value: object) -> str:
    return repr(value) if isinstance(value, str) else word_of(value)


def limits_text(limits: Mapping[str, Any] | None, unit: str) -> str:
    """Return limits as a person writes them: `4.9 … 5.1 V`, `≤ 20 mA`, `3.3 V ± 5 %`, `= 'READY'`, `matches v\\d+`."""
    limits = limits or {}
    told = []
    low, high = limits.get("minimum"), limits.get("maximum")
    if low is not None and high is not None:
        told.append(f"{figure(low)} … {figure(high)} {unit}".strip())
    elif low is not None:
        told.append(f"≥ {figure(low)} {unit}".strip())
    elif high is not None:
        told.append(f"≤ {figure(high)} {unit}".strip())
    if "nominal" in limits:
        nominal = f"{figure(limits['nominal'])} {unit}".strip()
        told.append(f"{nominal} ± {figure(limits.get('within_percent', 0))} %")
    if "equals" in limits:
        told.append(f"= {_word(limits['equals'])}")
    if "one_of" in limits:
        told.append(f"one of {', '.join(map(_word, limits['one_of']))}")
    if "pattern" in limits:
        told.append(f"matches {limits['pattern']}")
    return ", ".join(told)
