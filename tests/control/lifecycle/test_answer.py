"""Answering what a run asks: who is first, what is refused, and what everybody is told."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from control.journal.kinds import ALERTS, BOARD, stream_of
from control.journal.read import read_after
from control.lifecycle.actor import Actor
from control.lifecycle.answer import answer_of_text, answer_prompt
from control.lifecycle.finish import close_prompts
from control.lifecycle.refusals import BadValue, NotFound, WrongState
from control.models import Batch, ControlEvent, Prompt
from control.states import TERMINAL, State
from control.worker.wishes import wish_of
from tests.control.lifecycle.work import batch_in, work_station
from tests.rows import ANNA, ask

pytestmark = pytest.mark.django_db
BEN = Actor("ben", ControlEvent.Face.API)


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)


@pytest.fixture
def batch() -> Batch:
    found = batch_in(State.RUNNING)
    ask(found, minimum=1, maximum=9, unit="mm")
    return found


def test_an_answer_is_a_wish_that_story_alerts_and_board_tell(batch: Batch) -> None:
    assert answer_prompt(batch.pk, "p1", 4, by=ANNA, reason="caliper").open_prompt == ""
    event = ControlEvent.objects.get(kind="PROMPT_ANSWER")
    prompt = Prompt.objects.get()
    assert (prompt.state, prompt.answer, prompt.answered_by, prompt.control) == ("ANSWERED", 4, "anna", event)
    assert (event.reason, event.before, event.delivered_at) == ("caliper", {"state": "RUNNING", "answer": None}, None)
    assert event.details == {"prompt": "p1", "question": "How long?", "value": 4, "unit": "mm"}
    told = read_after(stream_of(batch.pk))[-1]
    assert (told.kind, told.message, told.data["by"]) == ("control", "Answer of anna to 'How long?': 4 mm", "anna")
    board = read_after(BOARD)[-1]
    assert (board.kind, board.data["prompt"]) == ("prompt.answered", "")
    [over] = read_after(ALERTS)
    assert (over.kind, over.message, over.data["prompt"]) == ("prompt.answered", "How long?", "p1")


def test_the_runner_is_told_who_answers_what(batch: Batch) -> None:
    answer_prompt(batch.pk, "p1", 4, by=ANNA)
    wish = wish_of(ControlEvent.objects.get(kind="PROMPT_ANSWER"))
    assert (wish["word"], wish["prompt"], wish["value"], wish["by"]) == ("answer", "p1", 4, "anna")


def test_a_paused_batch_takes_an_answer(batch: Batch) -> None:
    Batch.objects.update(state=State.PAUSED)
    answer_prompt(batch.pk, "p1", 4, by=ANNA)
    assert Prompt.objects.get().state == "ANSWERED"


def test_the_second_one_is_told_who_was_first(batch: Batch) -> None:
    answer_prompt(batch.pk, "p1", 4, by=ANNA)
    with pytest.raises(WrongState, match=r"anna has already answered at \d\d:\d\d:\d\d: 4 mm\."):
        answer_prompt(batch.pk, "p1", 5, by=BEN)
    assert ControlEvent.objects.filter(kind="PROMPT_ANSWER").count() == 1


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (10, "The answer must be a number from 1 to 9 mm, it is 10."),
        ("4", "The answer must be a number from 1 to 9 mm, it is '4'."),
        (None, "The answer must be a number from 1 to 9 mm, it is None."),
        ([4], "The answer must be a number from 1 to 9 mm, it is [4]."),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_expected(batch: Batch, value: Any, sentence: str) -> None:
    with pytest.raises(BadValue) as refused:
        answer_prompt(batch.pk, "p1", value, by=ANNA)
    assert (str(refused.value), refused.value.field) == (sentence, "value")
    assert Prompt.objects.get().state == "WAITING"


@pytest.mark.parametrize(("text", "sentence"), [("", "is empty"), ("x" * 1001, "1001"), ("a\0b", "cannot be kept")])
def test_a_text_that_cannot_be_kept_is_refused(batch: Batch, text: str, sentence: str) -> None:
    ask(batch, "p2", "text")
    with pytest.raises(BadValue, match=sentence):
        answer_prompt(batch.pk, "p2", text, by=ANNA)


def test_a_prompt_that_is_over_takes_no_answer(batch: Batch) -> None:
    close_prompts(batch, at=timezone.now(), why="timeout")
    with pytest.raises(WrongState, match=r"^The prompt is over, the run waits for no answer"):
        answer_prompt(batch.pk, "p1", 4, by=ANNA)


@pytest.mark.parametrize("state", TERMINAL)
def test_a_batch_that_has_ended_takes_no_answer(batch: Batch, state: State) -> None:
    close_prompts(batch, at=timezone.now(), why="ended")
    Batch.objects.update(state=state, ended_at=timezone.now())
    with pytest.raises(WrongState, match=rf"the batch has ended \({state.label}\)"):
        answer_prompt(batch.pk, "p1", 4, by=ANNA)


@pytest.mark.parametrize("key", ["p2", "", "a\0b", "x" * 999])
def test_a_prompt_that_was_never_asked_is_not_found(batch: Batch, key: str) -> None:
    with pytest.raises(NotFound, match="has asked nothing under the name"):
        answer_prompt(batch.pk, key, 4, by=ANNA)


def test_a_batch_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        answer_prompt(uuid4(), "p1", 4, by=ANNA)


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [("number", " 4,5 ", 4.5), ("number", "four", "four"), ("confirm", "no", False), ("text", "no", "no")],
)
def test_what_somebody_writes_becomes_what_is_asked_for(batch: Batch, type: str, text: str, value: Any) -> None:
    assert answer_of_text(ask(batch, "p2", type), text) == value


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_is_first(batch: Batch) -> None:
    ready, told = threading.Barrier(6), []

    def answer(name: str, value: int) -> None:
        ready.wait()
        try:
            answer_prompt(batch.pk, "p1", value, by=Actor(name, ControlEvent.Face.API))
            told.append("answered")
        except WrongState as refused:
            told.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=(f"user{number}", number + 1)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    prompt = Prompt.objects.get()
    assert told.count("answered") == 1
    assert sum(text.startswith(f"{prompt.answered_by} has already answered") for text in told) == 5
    event = ControlEvent.objects.get(kind="PROMPT_ANSWER")
    assert (event.by, event.details["value"]) == (prompt.answered_by, prompt.answer)


def test_the_story_writes_a_no_as_people_do() -> None:
    batch = batch_in(State.RUNNING)
    ask(batch, type="confirm", message="Is it clean?")
    answer_prompt(batch.pk, "p1", False, by=ANNA)
    assert read_after(stream_of(batch.pk))[-1].message == "Answer of anna to 'Is it clean?': no"
