"""How values look."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from control.admin.cells import EMPTY, TONE_OF, duration, label, moment, pretty_json
from control.admin.measured import limits_text
from control.states import State, StepOutcome


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, EMPTY), (0.0124, "12 ms"), (1.25, "1.25 s"), (12.34, "12.3 s"), (245, "4:05"), (3723.4, "1:02:03")],
)
def test_a_duration_has_the_unit_that_people_would_choose(seconds, text):
    assert duration(seconds) == text


def test_a_time_is_local_and_has_24_hours():
    at = datetime(2026, 3, 4, 20, 5, 6, 789_000, UTC)
    with timezone.override("Asia/Seoul"):
        shown = moment(at, exact=True)
    assert str(shown).split(">")[1] == "2026-03-05 05:05:06.789</time"


@pytest.mark.parametrize("value", [*State, *(one for one in StepOutcome if one != StepOutcome.NONE)])
def test_every_state_and_outcome_has_a_colour(value):
    assert "<span" in label(value, value.label)


def test_a_value_without_a_colour_is_plain_text():
    assert (label("INFO", "<Info>"), "INFO" in TONE_OF) == ("<Info>", False)


def test_no_outcome_is_a_dash():
    assert [label(value, "None") for value in ("NONE", "", None)] == [EMPTY] * 3


def test_json_is_indented_and_escaped():
    assert str(pretty_json({"a": "<"})).split("\n")[1:] == ["  &quot;a&quot;: &quot;&lt;&quot;", "}</pre>"]


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (None, EMPTY),
        ({"minimum": 4.75, "maximum": 5.25}, "4.75 … 5.25"),
        ({"minimum": 0}, "≥ 0"),
        ({"maximum": 1}, "≤ 1"),
        ({"equals": False}, "= False"),
        ({"one_of": ["a", "b"]}, "a, b"),
        ({"marginal_minimum": 3}, EMPTY),
    ],
)
def test_limits_fit_into_a_column(limits, text):
    assert limits_text(limits) == text
