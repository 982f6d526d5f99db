"""The page of one batch: who may open it, what it carries, which buttons it has."""

from __future__ import annotations

import json
import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from control.access.rights import RIGHTS, Role
from control.history.batch_story import read_batch_story
from control.models import Batch
from control.pages.allowed_controls import allowed_controls
from control.pages.batch import ending_rules
from control.pages.batch_words import batch_words
from control.states import State
from tests.control.pages.in_chromium import STATIC
from tests.control.pages.people import WHO, browser_of
from tests.rows import demo_station, queued, running

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(autouse=True)
def station(db, monkeypatch):
    return demo_station(monkeypatch)


def address(batch):
    return reverse("control:batch", args=[batch.pk])


def page_of(batch, who="operator"):
    return browser_of(who).get(address(batch)).content.decode()


def block(page, name):
    """The content of a JSON data block."""
    return json.loads(re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def buttons(page):
    """The words of the buttons, with those that are hidden now in brackets."""
    found = re.findall(r'data-control="([a-z-]+)"[^>]*?( hidden)?>', page)
    return [f"({word})" if hidden else word for word, hidden in found]


@pytest.mark.parametrize("who", WHO)
def test_page_is_for_whoever_may_see(who):
    status = browser_of(who).get(address(queued())).status_code
    assert status == {"anonymous": 302, "stranger": 403}.get(who, 200)


def test_page_carries_the_story():
    batch = running(name="Morning").batch
    story = block(page_of(batch), "story")
    assert (story["head"], story["batch"]["name"]) == (1, "Morning")
    assert set(story) == set(read_batch_story(batch.pk, timezone.now()))


def test_script_gets_the_story_alone_at_an_address_of_its_own():
    batch = running().batch
    story = block(page_of(batch), "page-data")["story"]
    answer = browser_of("viewer").get(story)
    assert (answer["Content-Type"], answer.json()["batch"]["state"]) == ("application/json", "RUNNING")
    assert story != address(batch)


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_address_of_the_page_always_answers_with_the_page(accept):
    answer = browser_of("viewer").get(address(queued()), headers={"Accept": accept})
    assert (answer["Content-Type"], "no-store" in answer["Cache-Control"]) == ("text/html; charset=utf-8", True)


@pytest.mark.parametrize("who", WHO)
def test_story_is_for_whoever_may_see(who):
    story = reverse("control:batch_story", args=[queued().pk])
    status = browser_of(who).get(story, headers={"Accept": "application/json"}).status_code
    assert status == {"anonymous": 401, "stranger": 403}.get(who, 200)


def test_unknown_batch_is_said_in_the_right_form():
    page = browser_of("viewer").get(reverse("control:batch", args=[uuid4()]))
    assert (page.status_code, "No such batch" in page.content.decode()) == (404, True)
    answer = browser_of("viewer").get(reverse("control:batch_story", args=[uuid4()]))
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_nasty_texts_stay_texts():
    batch = queued(name=NASTY, subject=NASTY)
    page = page_of(batch)
    assert NASTY not in page
    assert block(page, "story")["batch"]["name"] == NASTY


def test_buttons_are_those_of_state_and_right():
    batch = running().batch
    assert buttons(page_of(batch)) == ["pause", "(resume)", "stop", "emergency-stop"]
    assert buttons(page_of(batch, "viewer")) == ["emergency-stop"]
    assert buttons(page_of(queued())) == ["(pause)", "(resume)", "stop", "emergency-stop"]


def ended(batch):
    Batch.objects.filter(pk=batch.pk).update(state=State.COMPLETED, outcome="PASS", ended_at=timezone.now())
    return batch


def run_again(page):
    """Where "Run again" leads, and whether it is hidden now; nothing where there is no such link."""
    return re.findall(r'href="([^"]+)" data-batch="again" (hidden)?>', page)


def test_ended_batch_has_no_buttons():
    assert buttons(page_of(ended(queued()))) == ["(pause)", "(resume)", "(stop)", "(emergency-stop)"]


def test_ended_batch_can_be_run_again_by_those_who_may():
    live, old = queued(), ended(queued())
    link = f"{reverse('control:new_batch')}?like="
    assert run_again(page_of(old)) == [(f"{link}{old.pk}", "")]
    assert run_again(page_of(live)) == [(f"{link}{live.pk}", "hidden")]
    assert run_again(page_of(old, "viewer")) == []


def test_only_a_batch_that_can_be_stopped_has_the_dialog():
    found = ['id="stop-dialog"' in page_of(*one) for one in [(queued(),), (queued(), "viewer"), (ended(queued()),)]]
    assert found == [True, False, False]


def test_allowed_controls_follow_the_tables():
    assert allowed_controls(RIGHTS[Role.VIEWER]) == {
        state.value: ["emergency-stop"] if state in ("QUEUED", "RUNNING", "PAUSED") else [] for state in State
    }
    assert allowed_controls(RIGHTS[Role.OPERATOR])["PAUSED"] == ["resume", "stop", "emergency-stop"]


def test_endings_are_those_of_the_lifecycle():
    rules = ending_rules()
    assert rules["emergency"] == ("ABORTED", "NONE", "NONE")
    assert (rules["timeout"][0], rules["completed"][0], rules["stopped"][0]) == ("FAILED", "COMPLETED", "STOPPED")


@pytest.mark.parametrize("who", ["viewer", "admin"])
def test_page_costs_the_same_queries_for_everybody(who):
    batch, client = queued(), browser_of(who)
    client.get(address(batch))
    with CaptureQueriesContext(connection) as queries:
        client.get(address(batch))
    assert len(queries) == 17


def test_every_text_that_the_scripts_ask_for_is_there():
    with translation.override("en"):
        words = batch_words()
    scripts = "".join(file.read_text() for file in (*STATIC.glob("batch*.js"), STATIC / "dialogs.js"))
    assert set(re.findall(r"\btext\.(\w+)", scripts)) - set(words) == set()
    assert {name for name in words if not re.search(rf"\btext\.{name}\b", scripts)} == set()
