"""Who may open which page and press which button."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse

from control.access.rights import Role
from control.lifecycle.steer import stop_batch
from control.models import Batch
from control.pages.controls import WORDS
from tests.control.pages.people import WHO, browser_of
from tests.rows import ANNA, ask, demo_station, queued, running

pytestmark = pytest.mark.any_database

SEERS = set(Role.values)
OPERATORS = {"operator", "engineer", "admin"}
ENGINEERS = {"engineer", "admin"}
CONTROLS = {
    "pause": OPERATORS,
    "stop": OPERATORS,
    "skip": OPERATORS,
    "settings": ENGINEERS,
    "restart": OPERATORS,
    "answer": OPERATORS,
    "keep": OPERATORS,
    "release": OPERATORS,
    "emergency-stop": SEERS,
}
PLAN = [{"index": 0, "name": "boot", "group": "main", "repeat": 1, "resumable": True}]
ALL_PAGES = {
    "control:overview": SEERS,
    "control:new_batch": OPERATORS,
    "control:system": SEERS,
    "control:queue": SEERS,
    "control:workers": SEERS,
    "control:statistics": SEERS,
    "admin:control_batch_changelist": SEERS,
}


def expected(who: str, allowed: set[str], success: int, *, script: bool = False) -> int:
    """A person without a session is led to the login page; a script is told."""
    if who in allowed:
        return success
    return (401 if script else 302) if who == "anonymous" else 403


@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("page", ALL_PAGES)
def test_page_opens_for_those_who_may(page, who):
    answer = browser_of(who).get(reverse(page))
    assert answer.status_code == expected(who, ALL_PAGES[page], 200)


def answer_to(who, batch, word, **fields):
    path = reverse("control:control", kwargs={"batch_id": batch.pk, "word": word})
    return browser_of(who).post(path, fields, headers={"accept": "application/json"}).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("word", CONTROLS)
def test_control_is_accepted_from_those_who_may(monkeypatch, who, word):
    demo_station(monkeypatch)
    batch = running().batch
    Batch.objects.filter(pk=batch.pk).update(plan=PLAN)
    ask(batch)
    status = answer_to(who, batch, word, **{"parameter-burn_in_time": "3", "prompt": "p1", "value": "3,5"})
    assert status == expected(who, CONTROLS[word], 202, script=True)


@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("word", ["resume", "rerun"])
def test_control_of_an_ended_batch_is_accepted_from_those_who_may(monkeypatch, who, word):
    demo_station(monkeypatch)
    batch = queued("step_loop", None)
    stop_batch(batch.pk, by=ANNA)
    assert answer_to(who, batch, word, ended="yes") == expected(who, OPERATORS, 202, script=True)


def test_every_control_is_tried():
    assert set(WORDS) == {*CONTROLS, "resume", "rerun"}


@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
def test_reset_is_accepted_from_those_who_may(monkeypatch, who):
    demo_station(monkeypatch)
    fields = {"scope": "demo", "reason": "bench checked"}
    answer = browser_of(who).post(reverse("control:reset"), fields, headers={"accept": "application/json"})
    assert answer.status_code == expected(who, OPERATORS, 202, script=True)


@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
def test_batch_is_submitted_by_those_who_may(monkeypatch, who):
    demo_station(monkeypatch)
    fields = {"sequence": "step_loop", "priority": 0, "parameter-cycles": 1, "parameter-delay": 0}
    answer = browser_of(who).post(reverse("control:new_batch"), fields)
    assert answer.status_code == expected(who, OPERATORS, 302)


@pytest.mark.django_db
@pytest.mark.parametrize("who", sorted(SEERS))
def test_buttons_are_shown_to_those_who_may_press_them(who):
    page = browser_of(who).get(reverse("control:overview")).content.decode()
    shown = ['id="emergency-stop"' in page, reverse("control:new_batch") in page, 'id="reset-dialog"' in page]
    assert shown == [True, who in OPERATORS, who in OPERATORS]


@pytest.mark.django_db
def test_page_without_a_group_says_whom_to_ask():
    answer = browser_of("stranger").get(reverse("control:overview"))
    assert (answer.status_code, "belongs to no group yet" in answer.content.decode()) == (403, True)


@pytest.mark.django_db
def test_page_without_a_group_has_no_emergency_stop():
    page = browser_of("stranger").get(reverse("control:overview")).content.decode()
    assert 'id="emergency-stop"' not in page


@pytest.mark.django_db
def test_somebody_without_a_group_can_log_out():
    answer = browser_of("stranger").post(reverse("admin:logout"))
    assert answer.status_code == 200


@pytest.mark.django_db
def test_script_without_a_session_is_told_to_log_in():
    path = reverse("control:control", kwargs={"batch_id": uuid4(), "word": "stop"})
    answer = browser_of("anonymous").post(path, headers={"accept": "application/json"})
    assert answer.json()["detail"] == "You are logged out. Log in to go on."


@pytest.mark.django_db
@pytest.mark.parametrize("page", ALL_PAGES)
def test_page_is_kept_by_no_browser(page):
    assert "no-store" in browser_of("admin").get(reverse(page)).headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["control:emergency_stop", "control:reset", "control:language"])
def test_what_acts_takes_no_get(path):
    assert browser_of("admin").get(reverse(path)).status_code == 405


@pytest.mark.django_db
def test_control_takes_no_get(monkeypatch):
    demo_station(monkeypatch)
    path = reverse("control:control", kwargs={"batch_id": queued().pk, "word": "stop"})
    assert browser_of("admin").get(path).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["control:reset", "control:language", "control:new_batch", "control:login_link"])
def test_what_acts_takes_no_form_of_another_site(path):
    assert browser_of("admin", csrf=True).post(reverse(path), REMOTE_ADDR="127.0.0.1").status_code == 403


@pytest.mark.django_db
def test_login_of_a_viewer_needs_no_staff_flag():
    browser = browser_of("viewer")
    browser.logout()
    fields = {"username": "viewer", "password": "a good password", "next": "/control/"}
    answer = browser.post(reverse("admin:login"), fields)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/control/")
