"""How values, limits and outcomes read in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from control.states import StepOutcome
from sequences.wording import figure

_MARKS = {
    StepOutcome.PASS: ("✓", "green"),
    StepOutcome.FAIL: ("✗", "red"),
    StepOutcome.ERROR: ("!", "bold red"),
    StepOutcome.TIMEOUT: ("⏱", "bold red"),
    StepOutcome.SKIPPED: ("-", "dim"),
    StepOutcome.NONE: ("·", "yellow"),
}


def marked(outcome: StepOutcome, *, marginal: bool = False) -> tuple[str, str]:
    """Return a sign and a style; a pass outside its comfortable band is marked as such."""
    return ("~", "yellow") if marginal and outcome == StepOutcome.PASS else _MARKS[outcome]


def value_text(kind: str, value: Any, unit: str) -> str:
    """Return `5.003 V`, `yes`, a text, or the size of a curve."""
    if kind == "curve":
        return f"{len(value['rows'])} points" if value else "kept on its own host"
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{shown} {unit}".strip()


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
        told.append(f"= {limits['equals']!r}")
    if "one_of" in limits:
        told.append(f"one of {', '.join(map(repr, limits['one_of']))}")
    if "pattern" in limits:
        told.append(f"matches {limits['pattern']}")
    return ", ".join(told)


def duration_text(milliseconds: float) -> str:
    """Return `12 ms`, `1.11 s` or `12:30 min`."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.2f} s" if seconds < 60 else f"{int(seconds // 60)}:{int(seconds % 60):02} min"


def counted(number: int, noun: str) -> str:
    """Return `1 step`, `3 steps`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
