"""How limits read in a terminal and in the story of a trial."""

from __future__ import annotations

from typing import Any

import pytest

from sequences.limit_words import limits_text


@pytest.mark.parametrize(
    ("limits", "unit", "text"),
    [
        (None, "V", ""),
        ({"minimum": 4.9, "maximum": 5.1}, "V", "4.9 … 5.1 V"),
        ({"minimum": 0}, "", "≥ 0"),
        ({"maximum": 20}, "mA", "≤ 20 mA"),
        ({"equals": "READY"}, "", "= 'READY'"),
        ({"equals": True}, "", "= yes"),
        ({"one_of": ["A", "B"]}, "", "one of 'A', 'B'"),
        ({"nominal": 3.3, "within_percent": 5}, "V", "3.3 V ± 5 %"),
        ({"minimum": 3, "nominal": 3.3, "within_percent": 5}, "", "≥ 3, 3.3 ± 5 %"),
        ({"pattern": r"v\d+"}, "", r"matches v\d+"),
        ({"marginal_minimum": 3}, "", ""),
    ],
)
def test_limits_read_like(limits: dict[str, Any] | None, unit: str, text: str) -> None:
    assert limits_text(limits, unit) == text
