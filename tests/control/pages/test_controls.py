"""Steering from a page: answers for scripts, messages for forms, refusals with their sentence."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from control.models import Batch, ControlEvent
from tests.control.hosts import this_host_has
from tests.control.pages.people import browser_of
from tests.rows import demo_station, queued, running

JSON = {"accept": "application/json"}


def path(batch_id, word):
    return reverse("control:control", kwargs={"batch_id": batch_id, "word": word})


@pytest.fixture
def station(db, monkeypatch):
    return demo_station(monkeypatch)


def test_control_tells_a_script_what_happens_now(station):
    batch = running(name="Morning").batch
    answer = browser_of("operator").post(path(batch.pk, "pause"), headers=JSON).json()
    assert (answer["message"], answer["batch"]["id"]) == ("Morning pauses at its next boundary.", str(batch.pk))


def test_control_leads_a_form_to_the_batch_with_a_message(station):
    batch = queued(name="Morning")
    answer = browser_of("operator").post(path(batch.pk, "stop"), {"reason": "wrong board"})
    message = [str(message) for message in get_messages(answer.wsgi_request)]
    place = reverse("control:batch", args=[batch.pk])
    assert (answer.headers["Location"], message) == (place, ["Morning has been stopped before it began."])


def test_control_is_recorded_with_user_face_and_reason(station):
    browser_of("operator").post(path(running().batch.pk, "stop"), {"reason": " smoke "}, headers=JSON)
    event = ControlEvent.objects.get(kind="BATCH_STOP")
    assert (event.by, event.user.username, event.face, event.reason) == ("operator", "operator", "PAGE", "smoke")


def test_control_without_a_reason_is_a_user_request(station):
    browser_of("operator").post(path(running().batch.pk, "pause"), headers=JSON)
    assert ControlEvent.objects.get(kind="BATCH_PAUSE").reason == "USER_REQUEST"


def test_refused_control_says_why_to_a_script(station):
    answer = browser_of("operator").post(path(running().batch.pk, "resume"), headers=JSON)
    body = answer.json()
    assert (answer.status_code, body["title"], body["status"]) == (409, "Conflict", 409)
    assert body["detail"] == "The batch is running, it cannot resume now. It is not paused."


def test_refused_control_says_why_to_a_form(station):
    answer = browser_of("operator").post(path(running().batch.pk, "resume"))
    message = [str(message) for message in get_messages(answer.wsgi_request)]
    assert message == ["The batch is running, it cannot resume now. It is not paused."]


def test_reason_that_no_database_keeps_is_refused(station):
    answer = browser_of("operator").post(path(running().batch.pk, "stop"), {"reason": "a\0b"}, headers=JSON)
    sentence = "It holds a character that cannot be kept: U+0000, or half of a pair."
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)


def test_control_of_no_batch_is_not_found(station):
    assert browser_of("operator").post(path(uuid4(), "stop"), headers=JSON).status_code == 404


def test_control_of_no_batch_leads_a_form_to_the_overview(station):
    answer = browser_of("operator").post(path(uuid4(), "stop"))
    assert answer.headers["Location"] == reverse("control:overview")


@pytest.mark.django_db(transaction=True)
def test_emergency_stop_of_a_batch_latches_its_slot(monkeypatch):
    demo_station(monkeypatch)
    batch = queued(slot="demo/slot-1")
    answer = browser_of("viewer").post(path(batch.pk, "emergency-stop"), headers=JSON)
    latch = Batch.objects.get(pk=batch.pk).slot.latch
    assert (answer.status_code, latch["by"], latch["scope"]) == (202, "viewer", "demo/slot-1")


@pytest.mark.django_db(transaction=True)
def test_emergency_stop_that_no_guard_proves_is_told_as_not_confirmed(monkeypatch):
    demo_station(monkeypatch)
    batch = queued(slot="demo/slot-1", name="Morning")
    body = browser_of("viewer").post(path(batch.pk, "emergency-stop"), headers=JSON).json()
    sentence = (
        "Emergency stop of demo/slot-1: NOT CONFIRMED. No guard of it runs on this host; "
        "its own host hears of it through the database."
    )
    assert (body["confirmed"], body["message"]) == (False, sentence)


@pytest.mark.django_db(transaction=True)
def test_emergency_stop_of_a_batch_tells_what_its_guard_answered(monkeypatch):
    demo_station(monkeypatch)
    batch = queued(slot="demo/slot-1", name="Morning")
    with this_host_has("demo/slot-1"):
        body = browser_of("viewer").post(path(batch.pk, "emergency-stop"), headers=JSON).json()
    answer = "no guard runs; the slot is latched, whether its outputs are off is not known"
    sentence = f"Emergency stop of Morning, demo/slot-1 is latched: NOT CONFIRMED: {answer}"
    assert (body["confirmed"], body["message"]) == (False, sentence)


@pytest.mark.django_db(transaction=True)
def test_emergency_stop_of_what_waits_for_a_lane_latches_nothing(monkeypatch):
    demo_station(monkeypatch)
    batch = queued("step_loop", None, name="Morning")
    body = browser_of("viewer").post(path(batch.pk, "emergency-stop"), headers=JSON).json()
    assert (body["message"], body["batch"]["state"]) == ("Morning has been stopped before it began.", "ABORTED")


def test_reset_without_a_reason_is_refused(station):
    answer = browser_of("operator").post(reverse("control:reset"), {"scope": "demo"}, headers=JSON)
    assert (answer.status_code, ControlEvent.objects.filter(kind="RESET").count()) == (400, 0)


@pytest.mark.parametrize("scope", ["", "nonsense", "demo/slot-9", "x" * 200, "a\0b"])
def test_reset_of_what_does_not_exist_is_refused(station, scope):
    fields = {"scope": scope, "reason": "cable replaced"}
    answer = browser_of("operator").post(reverse("control:reset"), fields, headers=JSON)
    assert (answer.status_code, ControlEvent.objects.exists()) == (400, False)
    assert answer.json()["detail"][:12] == "There is no "


def test_reset_tells_what_the_guards_answered(station):
    fields = {"scope": "demo", "reason": "cable replaced"}
    with this_host_has("demo/slot-1"):
        answer = browser_of("operator").post(reverse("control:reset"), fields, headers=JSON).json()
    assert answer["message"] == "The emergency stop of demo is lifted. Nothing was started."
    sentence = "no guard answers; the latch is gone"
    assert answer["slots"] == [{"slot": "demo/slot-1", "confirmed": True, "sentence": sentence}]


def test_reset_is_recorded_with_its_reason(station):
    fields = {"scope": "demo/slot-1", "reason": "cable replaced"}
    answer = browser_of("operator").post(reverse("control:reset"), fields)
    event = ControlEvent.objects.get(kind="RESET")
    assert (answer.headers["Location"], event.reason, event.face) == ("/control/", "cable replaced", "PAGE")
