"""A submit may be repeated under a word of its sender's own, and is carried out once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from control.lifecycle.actor import Actor
from control.lifecycle.idempotency import answer_once, remove_old_keys
from control.lifecycle.refusals import BadValue, UnknownName, WrongState
from control.lifecycle.submit import Answer, Order, submit_once
from control.models import Batch, IdempotencyKey
from tests.rows import ANNA, demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def sent(key: str = "order-7", by: Actor = ANNA, **order: Any) -> Answer:
    asked = {"sequence": "step_loop", **order}
    return answer_once(key, asked, lambda: submit_once(Order(**asked), by=by, trigger=Batch.Trigger.API), by=by)


def age(hours: float) -> None:
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=hours))


def test_repeated_submit_is_answered_with_the_first_batch() -> None:
    first = sent()
    assert (first.existing, sent()) == (False, Answer(first.batch, existing=True))
    assert Batch.objects.count() == 1


def test_another_request_under_the_same_word_is_refused() -> None:
    first = sent().batch
    with pytest.raises(WrongState) as refused:
        sent(subject="SN-2")
    assert str(refused.value) == (
        f"This idempotency key was sent with another request, which began batch {first.pk}. Use a new key."
    )
    assert Batch.objects.count() == 1


def test_everybody_has_words_of_his_own() -> None:
    assert sent(by=replace(ANNA, name="kim")).batch != sent().batch


def test_what_was_refused_may_be_sent_again() -> None:
    with pytest.raises(UnknownName):
        sent(sequence="step_lop")
    assert not IdempotencyKey.objects.exists()
    assert sent().existing is False


@pytest.mark.parametrize(("hours", "existing"), [(23.9, True), (24.1, False)])
def test_word_holds_for_a_day(hours: float, existing: bool) -> None:
    sent()
    age(hours)
    assert sent().existing is existing


def test_old_words_are_removed() -> None:
    sent("old")
    age(24.1)
    sent("new")
    assert remove_old_keys() == 1
    assert [row.key for row in IdempotencyKey.objects.all()] == ["new"]


@pytest.mark.parametrize("key", ["", "x" * 201, "naïve", "two\nlines"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(BadValue) as refused:
        sent(key)
    assert (refused.value.field, Batch.objects.exists()) == ("Idempotency-Key", False)


@pytest.mark.django_db(transaction=True)
def test_same_word_sent_twenty_times_at_once_begins_one_batch() -> None:
    answers: list[Answer] = []
    together = threading.Barrier(20)

    def send() -> None:
        together.wait()
        try:
            answers.append(sent())
        finally:
            connection.close()

    senders = [threading.Thread(target=send) for _ in range(20)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    [batch] = Batch.objects.all()
    assert [answer.batch for answer in answers] == [batch] * 20
    assert sorted(answer.existing for answer in answers) == [False, *[True] * 19]
