"""The red words on every page, drawn by the server: first load and change alike, for whoever may clear or not."""

from __future__ import annotations

import pytest
from django.urls import reverse

from control.models import ControlEvent
from stations.models import Slot
from tests.control.hosts import this_host_has
from tests.control.pages.people import browser_of
from tests.rows import demo_station

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SLOT = "demo/slot-1"
JSON = {"accept": "application/json"}
PLACES = ("/control/", "/control/sequences/", "/admin/control/batch/", "/control/unsafe/")


@pytest.fixture(autouse=True)
def station(monkeypatch):
    demo_station(monkeypatch)


def mark(**more):
    unsafe = {"since": 1.0, "why": "run", "problems": {"supply-1": "it is <on>"}, "confirmed_at": None, "refused": ""}
    Slot.objects.filter(pk=SLOT).update(unsafe=unsafe | more)


def banner(who, place="/control/unsafe/"):
    """The text between the banner's tags, as the page has it."""
    page = browser_of(who).get(place).content.decode()
    return page.partition('<div id="unsafe"')[2].partition("<header")[0]


@pytest.mark.parametrize("place", PLACES)
def test_every_page_says_what_is_not_confirmed(place):
    assert "NOT CONFIRMED" not in banner("engineer", place)
    mark()
    shown = banner("engineer", place)
    assert f"{SLOT}: safe state NOT CONFIRMED since 1 Jan 1970" in shown
    assert "it is &lt;on&gt;" in shown
    assert f'action="{reverse("control:reset")}"' in shown
    assert "waiting for an engineer" not in shown


def test_what_is_off_by_now_still_waits_for_an_engineer():
    mark(confirmed_at=62.0)
    shown = banner("operator")
    assert "supply-1: confirmed OFF at 1 Jan 1970" in shown
    assert ("Only an engineer clears it." in shown, "<form" in shown) == (True, False)


def test_banner_is_for_those_who_see():
    assert browser_of("anonymous").get("/control/unsafe/").status_code == 302
    assert browser_of("stranger").get("/control/unsafe/").status_code == 403


def test_reset_by_an_operator_is_refused_with_the_sentence_and_changes_nothing():
    mark()
    answer = browser_of("operator").post("/control/reset/", {"scope": SLOT, "reason": "fine"}, headers=JSON)
    sentence = (
        f"The safe state of {SLOT} was not confirmed. Only an engineer clears that, once the bench has been checked."
    )
    assert (answer.status_code, answer.json()["detail"]) == (403, sentence)
    assert not ControlEvent.objects.exists()


def test_making_safe_from_a_page_takes_an_operator_and_says_what_came_of_it():
    address = reverse("control:make_safe", args=SLOT.split("/"))
    assert browser_of("viewer").post(address, headers=JSON).status_code == 403
    with this_host_has(SLOT):
        answer = browser_of("operator").post(address, headers=JSON)
    said = f"{SLOT}: NOT CONFIRMED: no guard answers; nothing was done"
    assert (answer.status_code, answer.json()["message"], answer.json()["confirmed"]) == (202, said, False)
    assert browser_of("operator").post(address, headers=JSON).status_code == 409  # no guard is known here


def test_what_an_instrument_did_is_told_in_the_language_of_the_reader():
    mark(problems={"supply-1": "Instrument supply-1 at X cannot be reached (nothing listens there): check its power."})
    page = browser_of("engineer").get("/control/unsafe/", headers={"accept-language": "ko"}).content.decode()
    assert "<span>X의 supply-1 계측기에 연결할 수 없습니다" in page
