"""What a terminal shows of a batch, line by line."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from control.management.terminal_story import TerminalStory
from control.models import Event


def told(*events: Event) -> list[str]:
    """The lines that a pipe gets."""
    output = io.StringIO()
    with TerminalStory(Console(file=output), batch="b1") as story:
        for event in events:
            story.tell(event)
    return output.getvalue().splitlines()


def event(kind: str, message: str = "", level: str = "INFO", **data: Any) -> Event:
    return Event(kind=kind, message=message, level=level, data=data)


def begun(name: str = "measure") -> Event:
    return event("step.started", name=name, attempt=1)


def ended(name: str = "measure", outcome: str = "PASS", message: str = "", **more: Any) -> Event:
    common = {"attempt": 1, "retrying": False, "marginal": False, "duration_ms": 12.0, "progress": 1.0}
    return event("step.ended", message, name=name, outcome=outcome, **common | more)


RAIL = event(
    "measurement", name="rail", type="number", value=3.3, unit="V", limits={"minimum": 3, "maximum": 4}, outcome="PASS"
)


def test_files_stand_below_their_step() -> None:
    file = event("attachment", "a.csv", name="a.csv", size=4300)
    assert told(begun(), file, ended())[1:] == ["    a.csv                                4.2 KiB"]


def test_no_word_of_a_step_has_power_over_the_terminal() -> None:
    said = event("log", "DUT \x1b[2J\x9b1m\u202egnp\x7f\r")
    assert told(begun("x\x1bc"), said, ended("x\x1bc", message="\x1b]0;title\a"))[:2] == [
        f"{'✓ x␛c':<36}    12 ms   ␛]0;title",
        "    DUT ␛[2J\ufffd1m\ufffdgnp\ufffd",
    ]


def test_measurements_stand_below_their_step() -> None:
    assert told(begun(), RAIL, ended()) == [
        "✓ measure                               12 ms",
        "    rail                                   3.3 V  ✓  3 … 4 V",
    ]


def test_attempts_are_counted() -> None:
    again = event("step.started", name="measure", attempt=2)
    lines = told(begun(), ended(outcome="FAIL", retrying=True), again, ended(attempt=2))
    assert [line[:24] for line in lines] == ["✗ measure (attempt 1)   ", "✓ measure (attempt 2)   "]


def test_an_answer_is_told_with_the_unit_that_was_asked_for() -> None:
    asked = event("prompt.asked", "How long?", prompt="p1", unit="mm")
    answered = event("prompt.answered", prompt="p1", value=80.1, by="anna")
    assert told(begun("look"), asked, answered, ended("look"))[-1] == "    anna answered: 80.1 mm"


def test_a_question_says_at_once_where_it_is_answered_and_by_whom_it_was() -> None:
    asked = event("prompt.asked", "Is it seated?", prompt="p1")
    answered = event("prompt.answered", prompt="p1", value=True, by="anna")
    assert told(begun("look"), asked, answered, event("prompt.closed", prompt="p2", why="timeout"), ended("look")) == [
        "? Is it seated?",
        "  To be answered at /control/batches/b1/, "
        'or as {"prompt": "p1", "value": …} to /api/control/batches/b1/answer/',
        "✓ look                                  12 ms",
        "    anna answered: yes",
        "    nobody answered in time",
    ]


def test_step_that_was_cut_short_is_told_with_what_followed() -> None:
    proof = {"supply-1": {"confirmed": False, "error": "supply-1 does not answer"}}
    lines = told(
        begun("burn_in"),
        event("ladder", rung="kill", why="emergency"),
        event("safe_state", confirmed=False, instruments=proof),
        event("batch.ended", why="emergency"),
    )
    assert lines == [
        "· burn_in                           cut short",
        "  guard: kill (emergency)",
        "  SAFE STATE NOT CONFIRMED: supply-1: supply-1 does not answer",
    ]


def test_story_that_breaks_off_loses_no_line() -> None:
    assert told(begun(), event("log", "half way"))[1:] == ["    half way"]


def test_answer_to_a_key_does_not_wait_for_the_end_of_a_step() -> None:
    output = io.StringIO()
    with TerminalStory(Console(file=output)) as story:
        story.tell(begun())
        story.say("Stopping")
        assert output.getvalue() == "Stopping\n"


def test_error_of_a_step_is_told_once() -> None:
    failed = event("error", "no answer", "ERROR", exception="InstrumentError", traceback="…")
    failed.step = 1
    lines = told(begun(), failed, ended(outcome="ERROR", message="InstrumentError: no answer"))
    assert [line for line in lines if "no answer" in line] == [lines[0]]


@pytest.mark.parametrize(("steps", "words"), [(1, "started, 1 step"), (3, "started, 3 steps")])
def test_start_counts_its_steps(steps: int, words: str) -> None:
    assert told(event("batch.started", total_steps=steps, plan=[], drivers={})) == [f"  {words}"]


def test_long_line_in_a_pipe_is_not_broken() -> None:
    assert told(event("log", "x" * 300)) == ["    " + "x" * 300]


def test_unknown_kind_does_no_harm() -> None:
    assert told(event("something.new", "from a later version")) == ["    from a later version"]
