"""Steering from a page: answers for scripts, messages for forms, refusals with their sentence."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from control.lifecycle.steer import stop_batch
from control.models import Batch, ControlEvent
from tests.control.hosts import this_host_has
from tests.control.pages.people import browser_of
from tests.rows import ANNA, demo_station, queued, running

pytestmark = pytest.mark.any_database

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


PLAN = [
    {"index": 0, "name": "boot", "group": "main", "repeat": 1, "resumable": True},
    {"index": 1, "name": "load", "group": "main", "repeat": 1, "resumable": True},
]


def planned(stream):
    Batch.objects.filter(pk=stream.batch.pk).update(plan=PLAN)
    return stream.batch


def asked(batch, word, who="engineer", **fields):
    """The answer to a script, and what it asks for by the record; nothing where it was refused."""
    answer = browser_of(who).post(path(batch.pk, word), fields, headers=JSON)
    event = ControlEvent.objects.filter(batch=batch).exclude(kind="BATCH_START").last()
    return answer, event and event.details


@pytest.mark.parametrize(("given", "step"), [("", 0), ("1", 1), ("load", 1)])
def test_skip_means_the_chosen_step_or_the_next_one(station, given, step):
    answer, details = asked(planned(running(name="Morning")), "skip", step=given)
    assert (answer.status_code, details) == (202, {"step": step, "name": PLAN[step]["name"]})
    assert answer.json()["message"] == "Morning skips the step, from its next boundary on."


def test_skip_of_no_step_is_refused(station):
    answer, details = asked(planned(running()), "skip", step="nonsense")
    assert (answer.status_code, details) == (400, None)
    assert answer.json()["detail"] == "There is no step 'nonsense'. Known: boot, load."


def test_settings_ask_for_what_was_changed_alone(station):
    batch = running(name="Morning").batch
    form = {"parameter-burn_in_time": "3.5", "initial-parameter-burn_in_time": "2.0"}
    answer, details = asked(batch, "settings", **form)
    assert (answer.status_code, details) == (202, {"settings": {"burn_in_time": 3.5}})
    assert answer.json()["message"] == "Morning takes the new settings over at its next boundary."


def test_settings_without_a_change_are_refused(station):
    form = {"parameter-burn_in_time": "2.0", "initial-parameter-burn_in_time": "2.0"}
    answer, details = asked(running().batch, "settings", **form)
    assert (answer.status_code, details) == (400, None)
    assert answer.json()["detail"] == "Name at least one setting. Live ones: burn_in_time."


@pytest.mark.parametrize("wrong", ["-1", "warm", ""])
def test_wrong_setting_is_told_beside_its_field(station, wrong):
    form = {"parameter-burn_in_time": wrong, "initial-parameter-burn_in_time": "2.0"}
    answer, details = asked(running().batch, "settings", **form)
    body, value = answer.json(), wrong if wrong == "-1" else repr(wrong)
    sentence = f"Parameter 'burn_in_time' must be a number from 0 to 86400 s, it is {value}."
    assert (answer.status_code, details, body["fields"]) == (400, None, {"parameter-burn_in_time": sentence})
    assert body["detail"] == sentence


def test_setting_that_is_not_live_is_refused_by_name(station):
    answer, _ = asked(running().batch, "settings", **{"parameter-boot_time": "3"})
    sentence = "Parameter 'boot_time' cannot change while the batch runs. Live ones: burn_in_time."
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)


def test_settings_of_a_waiting_batch_are_refused(station):
    answer, _ = asked(queued(), "settings", **{"parameter-burn_in_time": "3"})
    assert (answer.status_code, answer.json()["detail"][:20]) == (409, "The batch is queued,")


@pytest.mark.parametrize("word", ["settings", "skip", "rerun", "keep"])
def test_control_with_fields_of_no_batch_is_not_found(station, word):
    assert browser_of("engineer").post(path(uuid4(), word), headers=JSON).status_code == 404


def test_restart_leads_to_the_new_batch(station):
    batch = running(name="Morning").batch
    answer = browser_of("operator").post(path(batch.pk, "restart"), {"reason": "again"}, headers=JSON)
    new, body = batch.followers.get(), answer.json()
    assert (body["next"], body["batch"]["id"]) == (reverse("control:batch", args=[new.pk]), str(new.pk))
    sentence = "Morning is queued. It begins when the teardown of the one before it is over."
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [body["message"]] == [sentence]


def test_run_again_leads_a_form_to_the_new_batch(station):
    batch = queued("step_loop", None, name="Morning")
    stop_batch(batch.pk, by=ANNA)
    answer = browser_of("operator").post(path(batch.pk, "rerun"), {"mode": "same", "step": "0"})
    message = [str(message) for message in get_messages(answer.wsgi_request)]
    place = reverse("control:batch", args=[batch.followers.get().pk])
    assert (answer.headers["Location"], message) == (place, ["Morning is queued."])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"mode": "backwards"}, "There is no way 'backwards' to run again."),
        ({"mode": "from_step"}, "Name the step from which to run again."),
    ],
)
def test_run_again_in_no_way_is_refused(station, fields, sentence):
    batch = queued("step_loop", None)
    stop_batch(batch.pk, by=ANNA)
    answer, _ = asked(batch, "rerun", **fields)
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)


def test_resume_of_a_stopped_batch_leads_to_the_new_one(station):
    batch = queued("step_loop", None, name="Morning")
    stop_batch(batch.pk, by=ANNA)
    answer, _ = asked(batch, "resume", ended="yes")
    new = batch.followers.get()
    assert (answer.json()["message"], answer.json()["next"]) == (
        "Morning is queued.",
        reverse("control:batch", args=[new.pk]),
    )


def test_resume_of_a_paused_batch_starts_nothing_that_was_stopped_in_the_same_moment(station):
    batch = queued("step_loop", None)
    stop_batch(batch.pk, by=ANNA)
    answer, _ = asked(batch, "resume")
    sentence = "The batch is Stopped by now. Look at it again before you let it go on."
    assert (answer.status_code, answer.json()["detail"], batch.followers.count()) == (409, sentence, 0)


@pytest.mark.parametrize("word", ["keep", "release"])
def test_batch_is_kept_and_let_go_of(station, word):
    batch = queued(name="Morning")
    Batch.objects.filter(pk=batch.pk).update(keep=word == "release")
    answer, _ = asked(batch, word)
    sentences = {"keep": "Morning is kept: it will not be pruned.", "release": "Morning is kept no longer."}
    assert (answer.json()["message"], Batch.objects.get(pk=batch.pk).keep) == (sentences[word], word == "keep")


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
