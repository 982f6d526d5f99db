"""Outcomes, and the table of verdicts."""

from __future__ import annotations

import pytest

from sequences.judgement import Judgement
from sequences.outcomes import VERDICTS, Happening, Outcome, worse, worst

EXPECTED = {
    Happening.ALL_PASSED: ("completed", "PASS"),
    Happening.STEP_FAILED: ("completed", "FAIL"),
    Happening.FAILURE_ENDED_IT: ("completed", "FAIL"),
    Happening.STOPPED: ("stopped", "NONE"),
    Happening.TIMED_OUT: ("failed", "TIMEOUT"),
    Happening.NOT_READY: ("failed", "ERROR"),
    Happening.LIMIT_EXCEEDED: ("failed", "ERROR"),
    Happening.EXCEPTION: ("failed", "ERROR"),
}


def test_worst_orders_outcomes_from_none_to_error():
    order = ["NONE", "SKIPPED", "PASS", "FAIL", "TIMEOUT", "ERROR"]
    assert [str(outcome) for outcome in Outcome] == order
    assert worst(Outcome.FAIL, Outcome.PASS) is Outcome.FAIL
    assert worst(Outcome.TIMEOUT, Outcome.ERROR) is Outcome.ERROR


def test_verdicts_cover_everything_that_can_happen():
    assert VERDICTS == EXPECTED
    assert list(VERDICTS) == list(Happening)


@pytest.mark.parametrize("happening", Happening)
def test_verdict_follows_from_what_happened(happening):
    judgement = Judgement()
    judgement.note(happening, "a message")
    verdict = judgement.verdict()
    assert (verdict["ending"], verdict["outcome"]) == EXPECTED[happening]


@pytest.mark.parametrize("first", Happening)
@pytest.mark.parametrize("second", Happening)
def test_verdict_follows_from_the_worst(first, second):
    judgement = Judgement()
    judgement.note(first, "first")
    judgement.note(second, "second")
    assert judgement.worst is worse(first, second)
    assert judgement.worst in (first, second)


def test_judgement_keeps_the_first_cause_and_the_worst_message():
    judgement = Judgement()
    judgement.note(Happening.STEP_FAILED, "too low", "rails")
    judgement.note(Happening.EXCEPTION, "no answer", "sweep")
    verdict = judgement.verdict({"n": 1})
    assert (verdict["cause"], verdict["message"], verdict["result"]) == ("rails", "no answer", {"n": 1})
