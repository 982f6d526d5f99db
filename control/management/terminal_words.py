"""How values and outcomes read in a terminal."""

from __future__ import annotations

from typing import Any

from control.states import StepOutcome
from sequences.limits import word_of

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
        return word_of(value)
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"{shown} {unit}".strip()


def duration_text(milliseconds: float) -> str:
    """Return `12 ms`, `1.11 s` or `12:30 min`."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.2f} s" if seconds < 60 else f"{int(seconds // 60)}:{int(seconds % 60):02} min"


def counted(number: int, noun: str) -> str:
    """Return `1 step`, `3 steps`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
