"""How values look."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation

from control.admin.cells import EMPTY, TONE_OF, details_of, duration, label, moment, pretty_json
from control.models import ControlEvent
from control.pages.words import shell_words
from control.states import State, StepOutcome
from tests.control.pages.in_chromium import evaluate


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, EMPTY),
        (0.0124, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (8.4, "8.4 s"),
        (59.97, "59.9 s"),
        (59.9996, "1:00"),
        (245, "4:05"),
        (3723.9, "1:02:03"),
    ],
)
def test_a_duration_has_the_unit_that_people_would_choose(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize("language", ["en", "ko"])
def test_pages_write_a_duration_like_the_admin(pytestconfig, language):
    took = [0, 0.0124, 0.9996, 1.1, 8.4, 59.97, 59.9996, 245.9, 3723.9]
    script = """async ({ took, language }) => {
      document.documentElement.lang = language;
      const { duration } = await import("/format.js");
      return took.map(duration);
    }"""
    with translation.override(language):
        shown = evaluate(pytestconfig, script, {"took": took, "language": language}, words=shell_words())
        assert shown == [duration(seconds) for seconds in took]


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
    ("event", "text"),
    [
        ({"kind": "BATCH_SKIP", "details": {"step": 2, "name": "boot"}}, "step 3, boot"),
        ({"kind": "BATCH_SETTINGS", "details": {"settings": {"x": 3}}, "before": {"settings": {"x": 2}}}, "x: 2 → 3"),
        ({"kind": "BATCH_RERUN", "details": {"mode": "from_step", "step": "boot"}}, "from step boot on"),
        ({"kind": "BATCH_RERUN", "details": {"mode": "from_step", "step": 2, "batch": "b"}}, "from step 3 on"),
        (
            {"kind": "PROMPT_ANSWER", "details": {"question": "How long?", "value": 80.1, "unit": "mm"}},
            "How long?: 80.1 mm",
        ),
        ({"kind": "PROMPT_ANSWER", "details": {"question": "Clean?", "value": True, "unit": ""}}, "Clean?: yes"),
        ({"kind": "PROMPT_ANSWER", "details": {"question": "How long?", "value": 80.1}}, "How long?: 80.1"),
        ({"kind": "MANUAL_COMMAND", "details": {"instrument": "m", "text": "*IDN?"}}, "m: *IDN?"),
        (
            {"kind": "MANUAL_COMMAND", "details": {"instrument": "s", "command": "x", "value": 5.0, "unit": "V"}},
            "s: x = 5 V",
        ),
        ({"kind": "BATCH_PAUSE"}, EMPTY),
    ],
)
def test_a_control_event_tells_what_was_asked_for(event, text):
    assert details_of(ControlEvent(**event)) == text
