"""Values and limits as a person writes them."""

from __future__ import annotations

from typing import Any

import pytest

from control.management.terminal_words import duration_text, marked, value_text
from control.states import StepOutcome


@pytest.mark.parametrize(
    ("kind", "value", "unit", "text"),
    [
        ("number", 3.2964912, "V", "3.29649 V"),
        ("number", 12, "", "12"),
        ("number", "NaN", "V", "NaN V"),
        ("text", "READY", "", "READY"),
        ("boolean", True, "", "yes"),
        ("curve", {"columns": [], "rows": [[1], [2]]}, "", "2 points"),
    ],
)
def test_value_reads_like(kind: str, value: Any, unit: str, text: str) -> None:
    assert value_text(kind, value, unit) == text


def test_every_outcome_has_a_sign() -> None:
    assert len({marked(outcome)[0] for outcome in StepOutcome}) == len(StepOutcome)
    assert marked(StepOutcome.PASS, marginal=True) != marked(StepOutcome.PASS)


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0.2, "0 ms"), (12.4, "12 ms"), (1110, "1.11 s"), (750_000, "12:30 min")]
)
def test_duration_reads_like(milliseconds: float, text: str) -> None:
    assert duration_text(milliseconds) == text
