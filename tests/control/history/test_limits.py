"""Limits as a person writes them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from control.history.limits import limits_text

BAND = {"minimum": 3.2, "maximum": 3.4, "marginal_minimum": 3.25, "marginal_maximum": 3.35}


@pytest.mark.parametrize(
    ("limits", "unit", "text"),
    [
        (None, "V", ""),
        ({}, "", ""),
        (BAND, "V", "3.2 … 3.4 V, marginal outside 3.25 … 3.35 V"),
        ({"minimum": 4.75, "maximum": 5.25}, "", "4.75 … 5.25"),
        ({"minimum": 0}, "A", "≥ 0 A"),
        ({"maximum": 12345678}, "Ω", "≤ 12345678 Ω"),
        ({"equals": "OK"}, "", "= OK"),
        ({"equals": False}, "", "= no"),
        ({"equals": 5}, "V", "= 5 V"),
        ({"one_of": ["A", 2, True]}, "", "one of A, 2, yes"),
        ({"nominal": 3.3, "within_percent": 5}, "V", "3.3 V ± 5 %"),
        (
            {"nominal": 3.3, "within_percent": 5, "minimum": 3.2, "marginal_maximum": 3.4},
            "V",
            "≥ 3.2 V, 3.3 V ± 5 %, marginal above 3.4 V",
        ),
        ({"pattern": r"v\d+"}, "", r"matches v\d+"),
        ({"marginal_minimum": 3}, "", "marginal below 3"),
        ({"maximum": 60, "marginal_maximum": 50}, "degC", "≤ 60 degC, marginal above 50 degC"),
    ],
)
def test_limits_read_as_a_person_writes_them(limits: dict[str, Any] | None, unit: str, text: str) -> None:
    with translation.override("en"):
        assert limits_text(limits, unit) == text
