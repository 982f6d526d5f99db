"""The overview: its facts, its shell, and what it costs the database."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from control.access.page_token import read_page_token
from control.models import Batch
from control.pages.words import overview_words
from tests.control.pages.in_chromium import STATIC
from tests.control.pages.people import browser_of, person
from tests.rows import demo_station, queued, running

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def page_of(who="operator"):
    return browser_of(who).get(reverse("control:overview")).content.decode()


def block(page, name):
    """The content of a JSON data block."""
    return json.loads(re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture
def station(db, monkeypatch):
    return demo_station(monkeypatch)


def test_overview_carries_the_facts_that_sockets_carry(station):
    batch = running(name="Morning").batch
    facts = block(page_of(), "overview")
    assert facts["counts"] == {"running": 1, "queued": 0, "passed_today": 0, "other_today": 0}
    assert ([row["id"] for row in facts["live"]], len(facts["slots"])) == ([str(batch.pk)], 4)


def test_overview_shows_nasty_names_as_text(station):
    queued(name=NASTY, subject=NASTY[:100])
    page = page_of()
    assert (block(page, "overview")["live"][0]["name"], "<img src=x" in page) == (NASTY, False)


def test_overview_shows_a_nasty_user_name_as_text(db):
    user = person("viewer")
    user.first_name = NASTY[:100]
    user.save()
    assert "<img src=x" not in page_of("viewer")


def test_overview_has_no_script_of_its_own_in_the_page(station):
    page = page_of()
    inline = [
        tag for tag in re.findall(r"<script\b[^>]*>", page) if "src=" not in tag and "application/json" not in tag
    ]
    assert (inline, re.findall(r'\son\w+="', page)) == ([], [])


@pytest.mark.parametrize("batches", [1, 3])
def test_overview_costs_the_same_for_one_and_three_batches(station, batches, django_assert_num_queries):
    browser = browser_of("operator")
    for number in range(batches):
        queued(slot="demo/slot-1", name=f"Batch {number}")
    with django_assert_num_queries(16):
        browser.get(reverse("control:overview"))


def test_button_carries_the_token_of_whoever_looks(station):
    token = re.search(r'name="token" value="([^"]+)"', page_of("viewer"))[1]
    assert read_page_token(token) == (person("viewer").pk, "viewer")


def test_button_stops_all_stations_where_this_host_has_none(db):
    assert '<input type="hidden" name="scope" value="all">' in page_of()


@pytest.mark.parametrize("path", ["/control/", "/control/batches/new/", "/admin/control/batch/", "/control/nowhere/"])
def test_every_page_has_the_button_and_a_skip_link_to_it(station, path):
    page = browser_of("operator").get(path).content.decode()
    assert (page.count('id="emergency-stop"'), page.count('href="#emergency-stop"')) == (1, 1)


@pytest.mark.parametrize("path", ["/control/", "/admin/control/batch/", "/admin/control/step/"])
def test_every_page_has_the_bell_and_the_state_of_the_connection(station, path):
    page = browser_of("operator").get(path).content.decode()
    assert (page.count('id="bell"'), page.count('id="connection"')) == (1, 1)


def end(state, outcome, days_ago=0):
    batch = queued(name=f"{state} {outcome}")
    at = timezone.localtime().replace(hour=0, minute=0, second=0) - timedelta(days=days_ago)
    Batch.objects.filter(pk=batch.pk).update(state=state, outcome=outcome, started_at=at, ended_at=at)


def test_every_count_leads_to_the_batches_that_it_counts(station):
    running()
    Batch.objects.filter(pk=running("demo/slot-2").batch.pk).update(state="PAUSED")
    for state, outcome in [("COMPLETED", "PASS"), ("COMPLETED", "NONE"), ("COMPLETED", "FAIL"), ("FAILED", "ERROR")]:
        end(state, outcome)
    for state, outcome in [("ABORTED", "NONE"), ("CRASHED", "ERROR"), ("STOPPED", "NONE"), ("STOPPED", "FAIL")]:
        end(state, outcome)
    for state, outcome in [("COMPLETED", "PASS"), ("FAILED", "ERROR")]:
        end(state, outcome, days_ago=1)
    for _ in range(3):
        queued()
    page = page_of()
    found = re.findall(r'class="g-card g-count" [^>]*href="([^"]+)">.*?data-count="(\w+)"', page)
    listed = {name: len(browser_of("viewer").get(path).context["cl"].result_list) for path, name in found}
    assert (
        listed == block(page, "overview")["counts"] == {"running": 2, "queued": 3, "passed_today": 2, "other_today": 4}
    )


def test_the_list_of_a_count_that_is_none_is_empty(station):
    queued()
    answer = browser_of("viewer").get("/admin/control/batch/?overview=%00")
    assert (answer.status_code, len(answer.context["cl"].result_list)) == (200, 0)


def test_overview_carries_what_its_user_may_ask(station):
    allowed = [block(page_of(who), "page-data")["allowed"]["PAUSED"] for who in ("viewer", "operator")]
    assert allowed == [["emergency-stop"], ["resume", "stop", "emergency-stop"]]


def test_every_text_that_the_scripts_ask_for_is_there():
    files = [*STATIC.glob("overview*.js"), STATIC / "dialogs.js"]
    asked = {name for file in files for name in re.findall(r"\btext\.(\w+)", file.read_text())}
    assert asked == set(overview_words())
