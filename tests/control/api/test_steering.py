"""Steering over the API: every state against every control, with the sentences of the lifecycle."""

from __future__ import annotations

import pytest

from control.access.rights import Role
from control.lifecycle.why_not import NOT_NOW
from control.models import Batch, ControlEvent
from control.states import ACTIVE, ALLOWED_CONTROLS, TERMINAL, Control, State
from stations.models import Slot
from tests.control.api.callers import Caller, with_key
from tests.control.lifecycle.work import batch_in, work_station

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.ENGINEER)


BODIES = {Control.SETTINGS: {"settings": {"pace": 2.0}}}
FOLLOWED = {(Control.RESUME, State.STOPPED), (Control.RESUME, State.CRASHED)}


def address(batch: Batch, word: str) -> str:
    return f"/api/control/batches/{batch.pk}/{word}/"


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("word", Control)
def test_a_wish_is_accepted_exactly_where_the_table_says(caller: Caller, state: State, word: Control):
    batch = batch_in(state)
    answer = caller.send(address(batch, word), {"reason": "why not", **BODIES.get(word, {})})
    allowed = word in ALLOWED_CONTROLS[state]
    new = word in (Control.RESTART, Control.RERUN) or (word, state) in FOLLOWED
    assert answer.status_code == ((201 if new else 202) if allowed else 409)
    asked = ControlEvent.objects.filter(reason="why not", face="API", batch=batch)
    assert asked.count() == int(allowed)
    assert answer.json().get("origin" if new else "id") == (str(batch.pk) if allowed else None)


def test_a_new_batch_is_where_the_answer_says(caller: Caller):
    batch = batch_in(State.FAILED, outcomes="PPFPP")
    answer = caller.send(address(batch, "rerun"), {"mode": "failed_steps"})
    again = caller.get(answer.headers["Location"]).json()
    assert (again["id"], again["origin_kind"], again["trigger"]) == (answer.json()["id"], "RERUN", "API")
    assert [steps["last"] for steps in again["carried"]["steps"]] == [2, 5]


@pytest.mark.parametrize(
    ("word", "body", "field"),
    [
        ("skip", {"step": True}, "step"),
        ("skip", {"step": "lost"}, "step"),
        ("settings", {}, "settings"),
        ("settings", {"settings": {"pace": 99}}, "settings"),
        ("settings", {"settings": [1]}, "settings"),
        ("rerun", {"mode": "all"}, "mode"),
        ("rerun", {"mode": "from_step"}, "step"),
        ("rerun", {"step": 1}, "step"),
    ],
)
def test_a_bad_value_is_refused_and_named(caller: Caller, word: str, body: dict[str, object], field: str):
    batch = batch_in(State.FAILED if word == "rerun" else State.RUNNING, outcomes="P")
    answer = caller.send(address(batch, word), body)
    assert answer.status_code == 400
    assert list(answer.json().get("errors", {})) == [field]
    assert ControlEvent.objects.count() == 1  # its start


def test_a_refusal_has_the_sentence_of_the_lifecycle(caller: Caller):
    answer = caller.send(address(batch_in(State.PAUSED), "pause"))
    assert answer.json()["detail"] == NOT_NOW[Control.PAUSE, State.PAUSED]


@pytest.mark.parametrize("word", [*(word for word in Control if word != Control.SETTINGS), "emergency-stop"])
def test_a_wish_needs_no_body(caller: Caller, word: str):
    state = {"resume": State.PAUSED, "rerun": State.FAILED}.get(word, State.RUNNING)
    answer = caller.generic("POST", address(batch_in(state), word))
    assert answer.status_code == (201 if word in ("restart", "rerun") else 202)


@pytest.mark.parametrize("word", [*Control, "emergency-stop"])
def test_a_wish_for_an_unknown_batch_is_not_found(caller: Caller, word: str):
    nowhere = f"/api/control/batches/018f0000-0000-7000-8000-000000000000/{word}/"
    assert caller.send(nowhere, BODIES.get(word)).status_code == 404


def test_a_wish_with_an_unknown_field_is_refused(caller: Caller):
    answer = caller.send(address(batch_in(State.RUNNING), "stop"), {"reson": "x"})
    sentence = "This is not known here. Did you mean 'reason'?"
    assert (answer.status_code, answer.json()["errors"]) == (400, {"reson": [sentence]})


@pytest.mark.parametrize("state", State)
def test_an_emergency_stop_is_accepted_until_a_batch_has_ended(caller: Caller, state: State):
    answer = caller.send(address(batch_in(state), "emergency-stop"))
    assert answer.status_code == (409 if state in TERMINAL else 202)
    # What waits for any lane has nothing switched on.
    assert Slot.objects.filter(latch__isnull=False).exists() == (state in ACTIVE)


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
