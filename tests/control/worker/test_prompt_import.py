"""Prompts of a spool become rows, and wait no longer than the run does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from control.journal.kinds import ALERTS, BOARD
from control.journal.read import read_after
from control.lifecycle.answer import answer_prompt
from control.models import Batch, ControlEvent, Prompt, Stream
from control.worker.spool_follower import BatchFollower
from tests import spool_lines as lines
from tests.rows import ANNA, demo_station, running

pytestmark = pytest.mark.django_db
BEGUN = [lines.started("boot", "measure"), lines.step_started(0, "boot")]


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Stream:
    demo_station(monkeypatch)
    return running()


@pytest.fixture
def told(stream: Stream) -> Callable[..., None]:
    """`told(line, …)`: these lines are in the spool and imported, each time by a new supervisor."""

    def tell(*more: Any) -> None:
        lines.write(settings.STATION_PATHS.spool(str(stream.batch_id)), more)
        follower = BatchFollower(stream)
        follower.resynchronise()
        while follower.import_page():
            pass

    return tell


def prompts() -> list[tuple[str, str, str]]:
    return list(Prompt.objects.values_list("key", "state", "closed_why"))


def test_a_question_becomes_a_row_and_everybody_is_told(told: Any, stream: Stream) -> None:
    told(*BEGUN, lines.asked(image={"file": "x.png", "type": "image/png", "sha256": "0"}))
    prompt = Prompt.objects.get()
    assert (prompt.key, prompt.step, prompt.type, prompt.state) == ("p1", 0, "number", "WAITING")
    assert (str(prompt), prompt.question["maximum"], prompt.question["image"]["file"]) == ("How long?", 9, "x.png")
    assert Batch.objects.get().open_prompt == "p1"
    assert (read_after(BOARD)[-1].kind, read_after(BOARD)[-1].data["prompt"]) == ("prompt.asked", "p1")
    alert = read_after(ALERTS)[-1]
    assert (alert.level, alert.message) == ("INFO", "Waits for an answer: How long?")
    assert alert.data == {"batch": str(stream.batch_id), "name": stream.batch.name, "prompt": "p1"}


def test_an_answer_that_the_run_has_taken_over_is_obeyed(told: Any, stream: Stream) -> None:
    told(*BEGUN, lines.asked())
    answer_prompt(stream.batch_id, "p1", 4, by=ANNA)
    event = ControlEvent.objects.get(kind="PROMPT_ANSWER")
    told(lines.answered(4, str(event.pk)))
    told(lines.step_ended(0, "boot"))
    event.refresh_from_db()
    prompt = Prompt.objects.get()
    assert (event.after, event.obeyed_at) == ({"answer": 4}, prompt.taken_at)
    assert (prompt.state, prompt.answered_by, prompt.closed_at) == ("ANSWERED", "anna", None)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (lines.unanswered(), "timeout"),
        (lines.step_ended(0, "boot", "NONE"), "ended"),
        (lines.ended("crashed"), "ended"),
        (lines.ended("emergency"), "ended"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_a_question_that_nobody_answered_is_over(told: Any, end: Any, why: str, at_once: bool) -> None:
    if at_once:
        told(*BEGUN, lines.asked(), end)
    else:
        told(*BEGUN, lines.asked())
        told(end)
    assert prompts() == [("p1", "OVER", why)]
    assert Batch.objects.get().open_prompt == ""
    over = [alert.data["prompt"] for alert in read_after(ALERTS) if alert.kind == "prompt.closed"]
    assert over == ["p1"]


def test_an_answer_that_came_too_late_did_not_hold(told: Any, stream: Stream) -> None:
    told(*BEGUN, lines.asked())
    answer_prompt(stream.batch_id, "p1", 4, by=ANNA)
    told(lines.unanswered())
    event = ControlEvent.objects.get(kind="PROMPT_ANSWER")
    why = "answer has no effect: the prompt is over"
    told(lines.line("control", control=str(event.pk), word="answer", message=why, obeyed=False))
    event.refresh_from_db()
    assert (event.after, event.obeyed_at) == ({"note": why}, None)
    assert prompts() == [("p1", "OVER", "timeout")]
    assert [alert.kind for alert in read_after(ALERTS)][:2] == ["prompt.asked", "prompt.answered"]
    assert "prompt.closed" not in [alert.kind for alert in read_after(ALERTS)]


def test_an_answer_of_which_only_the_spool_knows_ends_the_alert(told: Any) -> None:
    told(*BEGUN, lines.asked())
    told(lines.answered(4, ""))
    assert [alert.kind for alert in read_after(ALERTS)] == ["prompt.asked", "prompt.answered"]


def test_one_question_after_the_other(told: Any) -> None:
    told(*BEGUN, lines.asked(), lines.unanswered(), lines.asked(prompt="p2"))
    assert prompts() == [("p1", "OVER", "timeout"), ("p2", "WAITING", "")]
    assert Batch.objects.get().open_prompt == "p2"


def test_a_batch_that_asks_nothing_costs_no_query_for_it(told: Any, stream: Stream) -> None:
    told(*BEGUN)
    follower = BatchFollower(stream)
    follower.resynchronise()
    lines.write(settings.STATION_PATHS.spool(str(stream.batch_id)), [lines.step_ended(0, "boot")])
    with CaptureQueriesContext(connection) as asked:
        assert follower.import_page()
    assert [query for query in asked if "control_prompt" in query["sql"]] == []
