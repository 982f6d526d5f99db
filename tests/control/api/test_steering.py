"""Steering over the API: every state against every control, with the sentences of the lifecycle."""

from __future__ import annotations

import pytest
from django.utils import timezone

from control.access.rights import Role
from control.lifecycle.steer import NOT_NOW
from control.models import Batch, ControlEvent
from control.states import ALLOWED_CONTROLS, TERMINAL, Control, State
from stations.models import Slot
from tests.control.api.callers import Caller, with_key
from tests.rows import demo_station, queued

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.OPERATOR)


def batch_in(state: State) -> Batch:
    batch = queued()
    ended = timezone.now() if state in TERMINAL else None
    Batch.objects.filter(pk=batch.pk).update(state=state, ended_at=ended)
    return batch


def address(batch: Batch, word: str) -> str:
    return f"/api/control/batches/{batch.pk}/{word}/"


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("word", Control)
def test_a_wish_is_accepted_exactly_where_the_table_says(caller: Caller, state: State, word: Control):
    batch = batch_in(state)
    answer = caller.send(address(batch, word), {"reason": "why not"})
    allowed = word in ALLOWED_CONTROLS[state]
    assert answer.status_code == (202 if allowed else 409)
    assert ControlEvent.objects.filter(reason="why not", face="API").count() == int(allowed)
    assert answer.json().get("id") == (str(batch.pk) if allowed else None)


def test_a_refusal_has_the_sentence_of_the_lifecycle(caller: Caller):
    answer = caller.send(address(batch_in(State.PAUSED), "pause"))
    assert answer.json()["detail"] == NOT_NOW[Control.PAUSE, State.PAUSED]


@pytest.mark.parametrize("word", [*Control, "emergency-stop"])
def test_a_wish_needs_no_body(caller: Caller, word: str):
    batch = batch_in(State.PAUSED if word == "resume" else State.RUNNING)
    assert caller.generic("POST", address(batch, word)).status_code == 202


@pytest.mark.parametrize("word", [*Control, "emergency-stop"])
def test_a_wish_for_an_unknown_batch_is_not_found(caller: Caller, word: str):
    assert caller.send(f"/api/control/batches/018f0000-0000-7000-8000-000000000000/{word}/").status_code == 404


def test_a_wish_with_an_unknown_field_is_refused(caller: Caller):
    answer = caller.send(address(batch_in(State.RUNNING), "stop"), {"reson": "x"})
    sentence = "This is not known here. Did you mean 'reason'?"
    assert (answer.status_code, answer.json()["errors"]) == (400, {"reson": [sentence]})


@pytest.mark.parametrize("state", State)
def test_an_emergency_stop_is_accepted_until_a_batch_has_ended(caller: Caller, state: State):
    answer = caller.send(address(batch_in(state), "emergency-stop"))
    assert answer.status_code == (409 if state in TERMINAL else 202)
    assert Slot.objects.filter(latch__isnull=False).exists() == (state not in TERMINAL)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{", "application/json"),
        ("reason=x", "application/x-www-form-urlencoded"),
        ("[1]", "application/json"),
        ('{"reason": 5, "what": true}', "application/json"),
        ('{"reason": "a\\u0000b"}', "application/json"),
        (f'{{"reason": "{"x" * 9000}"}}', "application/json"),
    ],
)
def test_an_emergency_stop_is_never_refused_for_its_body(caller: Caller, body: str, kind: str):
    answer = caller.post(address(batch_in(State.QUEUED), "emergency-stop") + "?x=", body, content_type=kind)
    assert (answer.status_code, answer.json()["state"]) == (202, "ABORTED")


def test_an_emergency_stop_is_not_refused_for_the_answer_that_is_wanted(caller: Caller):
    answer = caller.post(address(batch_in(State.QUEUED), "emergency-stop"), headers={"accept": "text/html"})
    assert answer.status_code == 202
