"""Times as people write them."""

from __future__ import annotations

import pytest

from control.durations import TAKES, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), (" 20 ", 20.0), ("1.5 m", 90.0), ("12h", 43200.0), ("30d", 2592000.0)]
)
def test_duration_takes_units(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1w", "1e3"])
def test_duration_refuses_what_is_none(text):
    with pytest.raises(ValueError, match=r"^a time such as") as refused:
        parse_duration(text)
    assert str(refused.value) == TAKES
