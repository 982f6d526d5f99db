"""How values, limits and outcomes read in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from control.states import StepOutcome

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


# What would move the cursor, clear the screen, change keys or turn the writing around. Rich takes out \a \b \v \f \r.
_DIRECTIONS = [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_VISIBLE = {code: 0x2400 + code for code in range(32) if chr(code) not in "\a\b\t\n\v\f\r"} | {
    code: 0xFFFD for code in [*range(127, 160), *_DIRECTIONS]
}


def visible(text: str) -> str:
    """What a step or a device has said, as long as before, without power over the terminal: ESC becomes ␛."""
    return text.translate(_VISIBLE)


def value_text(kind: str, value: Any, unit: str) -> str:
    """Return `5.003 V`, `yes`, a text, or the size of a curve."""
    if kind == "curve":
        return f"{len(value['rows'])} points" if value else "kept on its own host"
    if isinstance(value, bool):
        return _word(value)
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{shown} {unit}".strip()


def _word(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else repr(value)


def limits_text(limits: Mapping[str, Any] | None, unit: str) -> str:
    """Return limits as a person writes them: `4.9 … 5.1 V`, `≤ 20 mA`, `3.3 V ± 5 %`, `= 'READY'`, `matches v\\d+`."""
    limits = limits or {}
    told = []
    low, high = limits.get("minimum"), limits.get("maximum")
    if low is not None and high is not None:
        told.append(f"{low:g} … {high:g} {unit}".strip())
    elif low is not None:
        told.append(f"≥ {low:g} {unit}".strip())
    elif high is not None:
        told.append(f"≤ {high:g} {unit}".strip())
    if "nominal" in limits:
        nominal = f"{limits['nominal']:g} {unit}".strip()
        told.append(f"{nominal} ± {limits.get('within_percent', 0):g} %")
    if "equals" in limits:
        told.append(f"= {_word(limits['equals'])}")
    if "one_of" in limits:
        told.append(f"one of {', '.join(map(_word, limits['one_of']))}")
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
