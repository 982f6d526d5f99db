"""The emergency stop button: the token is the proof, the session the way around it, and neither needs a database."""

from __future__ import annotations

import pytest

from control.access.page_token import page_token
from control.models import ControlEvent
from stations.models import Slot
from tests.control.hosts import this_host_has
from tests.control.pages.people import browser_of, person
from tests.rows import demo_station, queued

pytestmark = pytest.mark.any_database

PATH = "/control/emergency-stop/"
JSON = {"accept": "application/json"}
transactional = pytest.mark.django_db(transaction=True)


@transactional
def test_token_alone_stops_and_latches(monkeypatch):
    demo_station(monkeypatch)
    answer = browser_of("anonymous", csrf=True).post(PATH, {"token": page_token(person("viewer")), "scope": "demo"})
    event = ControlEvent.objects.get()
    assert (answer.status_code, event.by, event.user.username, event.face) == (200, "viewer", "viewer", "PAGE")
    assert set(Slot.objects.values_list("latch__scope", flat=True)) == {"demo"}


@transactional
def test_waiting_batches_end_with_the_stop(monkeypatch):
    demo_station(monkeypatch)
    batch = queued()
    browser_of("anonymous").post(PATH, {"token": page_token(person("viewer")), "scope": "demo"})
    batch.refresh_from_db()
    assert batch.state == "ABORTED"


@transactional
def test_missing_reason_is_never_an_obstacle():
    browser_of("anonymous").post(PATH, {"token": page_token(person("viewer"))})
    assert ControlEvent.objects.get().reason == "USER_REQUEST"


@transactional
def test_long_reason_is_cut():
    browser_of("anonymous").post(PATH, {"token": page_token(person("viewer")), "reason": "x" * 1000})
    assert len(ControlEvent.objects.get().reason) == 500


@transactional
@pytest.mark.parametrize("scope", ["", "../../etc", "<script>", "a\0b", "demo/slot-9", "demo2", "x" * 200])
def test_scope_that_is_none_stops_what_the_button_says(monkeypatch, scope):
    demo_station(monkeypatch)
    browser_of("anonymous").post(PATH, {"token": page_token(person("viewer")), "scope": scope})
    assert ControlEvent.objects.get().scope == "all"


@transactional
def test_scope_that_is_none_stops_the_station_of_this_host(monkeypatch):
    demo_station(monkeypatch)
    with this_host_has("demo/slot-1"):
        fields = {"token": page_token(person("viewer")), "scope": "elsewhere/slot-1"}
        answer = browser_of("anonymous").post(PATH, fields, headers=JSON).json()
    assert (answer["scope"], [line["slot"] for line in answer["slots"]]) == ("demo", ["demo/slot-1"])


@transactional
def test_stop_that_no_guard_answered_is_not_confirmed():
    fields = {"token": page_token(person("viewer"))}
    answer = browser_of("anonymous").post(PATH, fields, headers=JSON).json()
    assert (answer["confirmed"], answer["slots"], answer["recorded"]) == (False, [], True)


@transactional
def test_plain_result_page_shouts_what_is_not_confirmed():
    page = browser_of("anonymous").post(PATH, {"token": page_token(person("viewer"))}).content.decode()
    assert ('data-tone="bad"' in page, "NOT CONFIRMED" in page) == (True, True)


@transactional
def test_old_token_gives_way_to_a_session_that_may_press():
    answer = browser_of("viewer").post(PATH, {"token": "spoiled"})
    assert (answer.status_code, ControlEvent.objects.get().by) == (200, "viewer")


@transactional
@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_spoiled_token_alone_is_forbidden(who):
    answer = browser_of(who).post(PATH, {"token": page_token(person("viewer")) + "x"})
    assert (answer.status_code, ControlEvent.objects.count()) == (403, 0)


@transactional
def test_session_alone_is_no_proof_for_another_site():
    answer = browser_of("viewer", csrf=True).post(PATH, {"token": ""})
    assert (answer.status_code, ControlEvent.objects.count()) == (403, 0)


@transactional
def test_token_reads_no_session_and_asks_for_no_user(django_assert_num_queries):
    fields = {"token": page_token(person("viewer"))}
    browser = browser_of("viewer")
    with django_assert_num_queries(0):  # the record is written by a thread with a connection of its own
        assert browser.post(PATH, fields).status_code == 200
