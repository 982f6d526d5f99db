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
from control.lifecycle.follow import Mode, rerun_batch
from control.models import Batch
from control.pages.allowed_controls import ON_CARDS, allowed_controls
from control.pages.batch import ending_rules
from control.pages.batch_words import batch_words
from control.states import State
from tests.control.pages.in_chromium import STATIC
from tests.control.pages.people import WHO, browser_of
from tests.rows import ANNA, demo_station, queued, running

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
@pytest.mark.any_database
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
@pytest.mark.any_database
def test_address_of_the_page_always_answers_with_the_page(accept):
    answer = browser_of("viewer").get(address(queued()), headers={"Accept": accept})
    assert (answer["Content-Type"], "no-store" in answer["Cache-Control"]) == ("text/html; charset=utf-8", True)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.any_database
def test_story_is_for_whoever_may_see(who):
    story = reverse("control:batch_story", args=[queued().pk])
    status = browser_of(who).get(story, headers={"Accept": "application/json"}).status_code
    assert status == {"anonymous": 401, "stranger": 403}.get(who, 200)


def test_unknown_batch_is_said_in_the_right_form():
    page = browser_of("viewer").get(reverse("control:batch", args=[uuid4()]))
    assert (page.status_code, "No such batch" in page.content.decode()) == (404, True)
    answer = browser_of("viewer").get(reverse("control:batch_story", args=[uuid4()]))
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


@pytest.mark.any_database
def test_nasty_texts_stay_texts():
    batch = queued(name=NASTY, subject=NASTY)
    page = page_of(batch)
    assert NASTY not in page
    assert block(page, "story")["batch"]["name"] == NASTY


@pytest.mark.any_database
def test_buttons_are_those_of_state_and_right():
    batch = running().batch
    row, menu = ["pause", "(resume)", "stop"], ["skip", "settings", "restart"]
    assert buttons(page_of(batch, "engineer")) == [*row, "(rerun)", *menu, "emergency-stop"]
    assert buttons(page_of(batch)) == [*row, "(rerun)", "skip", "restart", "emergency-stop"]
    assert buttons(page_of(batch, "viewer")) == ["emergency-stop"]
    hidden = ["(pause)", "(resume)", "stop", "(rerun)", "(skip)", "(restart)", "emergency-stop"]
    assert buttons(page_of(queued())) == hidden


@pytest.mark.any_database
def test_settings_are_offered_only_where_a_parameter_is_live():
    assert "settings" in buttons(page_of(running().batch, "engineer"))
    assert "(settings)" not in buttons(page_of(queued("step_loop", None), "engineer"))


def ended(batch, state=State.COMPLETED):
    outcome = "PASS" if state is State.COMPLETED else "NONE"
    times = {"started_at": batch.created_at, "ended_at": timezone.now()}
    Batch.objects.filter(pk=batch.pk).update(state=state, outcome=outcome, **times)
    return batch


def shown_buttons(page):
    return [word for word in buttons(page) if not word.startswith("(")]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("COMPLETED", ["rerun"]),
        ("ABORTED", ["rerun"]),
        ("STOPPED", ["resume", "rerun"]),
        ("CRASHED", ["resume", "rerun"]),
    ],
)
@pytest.mark.any_database
def test_ended_batch_offers_what_begins_again(state, shown):
    batch = ended(queued(), State(state))
    assert shown_buttons(page_of(batch)) == shown
    assert shown_buttons(page_of(batch, "viewer")) == []


def dialogs(page):
    return set(re.findall(r'id="(\w+)-dialog"', page)) - {"reset"}


@pytest.mark.any_database
def test_dialogs_are_those_that_a_batch_may_come_to_need():
    assert dialogs(page_of(running().batch)) == {"stop", "skip", "restart", "resume", "rerun"}
    assert dialogs(page_of(ended(queued()))) == {"rerun"}
    assert dialogs(page_of(ended(queued(), State.STOPPED))) == {"resume", "rerun"}
    assert dialogs(page_of(queued(), "viewer")) == set()


@pytest.mark.any_database
def test_dialogs_come_alone_for_the_script():
    batch = running().batch
    address = block(page_of(batch, "engineer"), "page-data")["dialogs"]
    alone = browser_of("engineer").get(address).content.decode()
    assert dialogs(alone) == {"skip", "settings", "restart", "resume", "rerun"}
    assert "<html" not in alone
    assert browser_of("viewer").get(reverse("control:batch_dialogs", args=[uuid4()])).status_code == 404


PLAN = [
    {"index": 0, "name": "power", "group": "setup", "repeat": 1, "resumable": False},
    {"index": 1, "name": "boot", "group": "main", "repeat": 1, "resumable": False},
    {"index": 2, "name": "load", "group": "main", "repeat": 3, "resumable": True},
    {"index": 5, "name": "off", "group": "teardown", "repeat": 1, "resumable": False},
]


@pytest.mark.any_database
def test_only_resumable_steps_can_begin_a_repetition():
    batch = ended(queued())
    Batch.objects.filter(pk=batch.pk).update(plan=PLAN)
    options = re.findall(r'<option value="(\d+)" (disabled)?>([^<]*)</option>', page_of(batch))
    assert options == [("1", "disabled", "2 boot – no resumable point"), ("2", "", "3 load")]


@pytest.mark.any_database
def test_without_a_resumable_step_only_everything_can_run_again():
    batch = ended(queued())
    Batch.objects.filter(pk=batch.pk).update(plan=PLAN[:2])
    modes = re.findall(r'name="mode" value="(\w+)" (\w*)>', page_of(batch))
    assert modes == [("same", "checked"), ("failed_steps", "disabled"), ("from_step", "disabled")]


def test_batches_are_linked_both_ways():
    batch = ended(queued(name="Morning"))
    new = rerun_batch(batch.pk, Mode.SAME, by=ANNA)
    link = f'<a href="{address(batch)}">Morning</a>'
    assert f'<p class="b-origin">Run again from {link}</p>' in page_of(new)
    followers = page_of(batch).partition("b-followers")[2].partition("</ul>")[0]
    assert re.findall(r'href="([^"]+)"|data-state="(\w+)"', followers) == [(address(new), ""), ("", "QUEUED")]


def test_settings_that_were_changed_are_told_with_what_the_run_used():
    batch = queued()
    Batch.objects.filter(pk=batch.pk).update(settings={"burn_in_time": 10.0}, resources={"memory_mb": 512})
    page = page_of(batch)
    assert "2 → 10 s (changed while it ran)</td>" in page
    assert '<th scope="row">Memory</th><td>512 MiB</td>' in page


def test_batch_is_kept_and_let_go_of_by_those_who_may():
    batch = queued()
    assert reverse("control:control", kwargs={"batch_id": batch.pk, "word": "keep"}) in page_of(batch)
    Batch.objects.filter(pk=batch.pk).update(keep=True)
    assert reverse("control:control", kwargs={"batch_id": batch.pk, "word": "release"}) in page_of(batch)
    assert ("b-keep" in page_of(batch, "viewer"), "Kept, never pruned" in page_of(batch, "viewer")) == (False, True)


def test_allowed_controls_follow_the_tables():
    assert allowed_controls(RIGHTS[Role.VIEWER]) == {
        state.value: ["emergency-stop"] if state in ("QUEUED", "RUNNING", "PAUSED") else [] for state in State
    }
    paused = ["resume", "stop", "skip", "restart", "emergency-stop"]
    assert allowed_controls(RIGHTS[Role.OPERATOR])["PAUSED"] == paused
    assert allowed_controls(RIGHTS[Role.ENGINEER])["PAUSED"] == [*paused[:3], "settings", *paused[3:]]
    assert allowed_controls(RIGHTS[Role.ENGINEER], ON_CARDS)["PAUSED"] == ["resume", "stop", "emergency-stop"]


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
    assert len(queries) == 24


def test_every_text_that_the_scripts_ask_for_is_there():
    with translation.override("en"):
        words = batch_words()
    scripts = "".join(file.read_text() for file in (*STATIC.glob("batch*.js"), STATIC / "dialogs.js"))
    assert set(re.findall(r"\btext\.(\w+)", scripts)) - set(words) == set()
    assert {name for name in words if not re.search(rf"\btext\.{name}\b", scripts)} == set()
