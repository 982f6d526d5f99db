"""The page of a slot: who may see and who may command, and what stands there while nothing can be commanded."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone, translation

from control.lifecycle.slots.instruments import Asked
from control.lifecycle.slots.manual import begin_session, command
from control.models import Batch, ControlEvent
from control.pages import slot as page
from control.pages.told import STORED, told_text
from control.states import State
from stations.models import Instrument, Slot, Station
from tests.control.pages.people import WHO, browser_of
from tests.rows import ANNA, OUT, UNWELL, demo_station

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
SLOT, ADDRESS, MANUAL = "demo/slot-1", "/control/slots/demo/slot-1/", "/control/slots/demo/slot-1/manual/"
MAY_SEE, MAY_DRIVE, MAY_SEND = WHO[2:], WHO[3:], WHO[4:]


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    Station.objects.update(heartbeat_at=timezone.now())
    monkeypatch.setattr(page, "ANSWERED_WITHIN_S", 0.0)  # nobody answers here


def driven(readings: dict[str, Any]) -> None:
    begin_session(SLOT, by=ANNA)
    Batch.objects.update(state=State.RUNNING, started_at=timezone.now(), manual_by="anna", readings=readings)


def shown(who: str, address: str = ADDRESS) -> str:
    return str(browser_of(who).get(address).content.decode())


@pytest.mark.parametrize("who", WHO)
def test_who_may_see_and_who_may_command(who: str) -> None:
    driven({})
    opened = browser_of(who).get(ADDRESS).status_code
    assert opened == (200 if who in MAY_SEE else 302 if who == "anonymous" else 403)
    if who in MAY_SEE:
        assert ("data-command" in shown(who), 'value="raw"' in shown(who)) == (who in MAY_DRIVE, who in MAY_SEND)
    body = {"action": "set", "instrument": "supply-1", "command": "voltage", "value": "4,5"}
    set_voltage = browser_of(who).post(MANUAL, body).status_code
    assert set_voltage == (302 if who in MAY_DRIVE or who == "anonymous" else 403)
    raw = browser_of(who).post(MANUAL, {"action": "raw", "instrument": "supply-1", "text": "*IDN?"}).status_code
    assert raw == (302 if who in MAY_SEND or who == "anonymous" else 403)
    asked = [event.details for event in ControlEvent.objects.filter(kind="MANUAL_COMMAND")]
    expected = [{"instrument": "supply-1", "command": "voltage", "unit": "V", "value": 4.5}] * (who in MAY_DRIVE)
    assert asked == expected + [{"instrument": "supply-1", "text": "*IDN?"}] * (who in MAY_SEND)


def test_what_is_written_in_no_field_is_refused_in_words() -> None:
    driven({})
    operator = browser_of("operator")
    for body, told in (
        (
            {"action": "set", "instrument": "supply-1", "command": "voltage", "value": "much"},
            "'voltage' takes 0 to 15 V",
        ),
        ({"action": "set", "instrument": "supply-1", "command": "voltage"}, "'voltage' takes 0 to 15 V"),
        ({"action": "fly"}, "There is no action 'fly'."),
    ):
        answer = operator.post(MANUAL, body)
        assert [str(message)[: len(told)] for message in get_messages(answer.wsgi_request)][-1] == told
    assert not ControlEvent.objects.filter(kind="MANUAL_COMMAND").exists()


def test_readings_problems_and_answers_stand_there() -> None:
    values = {"voltage": 5.0, "output": True, "mode": None, "measured_current": -5e-06}
    driven({"supply-1": {"values": values, "problem": "Instrument supply-1 is <mute>."}})
    event = command(SLOT, Asked("supply", "voltage", 5.0), by=ANNA)
    ControlEvent.objects.filter(pk=event.pk).update(after={"note": "command has no effect: the teardown is running"})
    html = shown("operator")
    for reading in ("voltage", "5 V"), ("output", "on"), ("mode", "–"), ("measured_current", "-5e-06 A"):
        assert f'data-reading="supply-1/{reading[0]}"' in html and f">{reading[1]}</span>" in html
    assert "Instrument supply-1 is &lt;mute&gt;." in html
    assert "command has no effect: the teardown is running" in html
    assert "Without a command, the session ends by itself at" in html


def test_an_empty_place_says_what_to_do() -> None:
    html = shown("viewer")
    assert "Nobody uses the instruments now." in html
    assert "An operator begins one here" in html
    assert "Nobody has driven these instruments by hand lately." in html
    assert "It has no instruments" in shown("viewer", "/control/slots/demo/lane-1/")
    assert browser_of("viewer").get("/control/slots/demo/slot-9/").status_code == 404
    Slot.objects.filter(pk=SLOT).update(taken_out=OUT)
    assert "Slot demo/slot-1 is out of service (kim: new cables)." in shown("operator")


def test_what_is_missing_is_named_before_and_while_the_others_are_driven() -> None:
    Slot.objects.filter(pk=SLOT).update(health_problem=UNWELL)
    Instrument.objects.filter(pk="demo/meter-1").update(present=False, problem="gone")
    source = "still does not answer when the session ends, its safe state is not confirmed"
    html = shown("operator")
    assert "Out of service until these instruments are well again: meter-1." in html
    assert ('data-focus="begin"' in html, source in html) == (True, False)
    Slot.objects.filter(pk=SLOT).update(health_problem={**UNWELL, "instruments": {"supply-1": "gone"}})
    Instrument.objects.filter(pk="demo/supply-1").update(present=False, problem="gone")
    assert f"If supply-1 {source}" in shown("operator")
    driven({})
    html = shown("viewer")
    assert "Not well when they were looked for last: supply-1." in html
    assert ("Absent" in html, 'value="slot"' in shown("operator")) == (False, False)


def test_only_what_can_be_done_has_a_button() -> None:
    assert ('value="slot"' in shown("operator"), 'value="slot"' in shown("viewer")) == (True, False)
    assert 'value="slot"' not in shown("operator", "/control/slots/demo/lane-1/")
    mark = {"since": 1.0, "why": "run", "problems": {}, "confirmed_at": 2.0, "refused": ""}
    Slot.objects.filter(pk=SLOT).update(safe=True, unsafe=mark)
    html = shown("operator")
    assert ('data-focus="begin"' in html, 'value="slot"' in html) == (False, True)


def test_a_session_that_has_not_begun_is_not_told_as_one_that_has() -> None:
    answer = browser_of("operator").post(MANUAL, {"action": "begin"})
    told = "The manual session on demo/slot-1 could not begin yet. It begins by itself, unless you end it."
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [told]


def test_what_is_stored_in_english_is_told_by_the_server_as_by_the_script() -> None:
    sentence = "take-over has no effect: kim drives the instruments by hand"
    assert (told_text(sentence), told_text("Some driver's own words.")) == (sentence, "Some driver's own words.")
    with translation.override("ko"):
        said = told_text("pause has no effect: the teardown is running")
        assert "the teardown" not in said
    assert len(STORED) == len(set(STORED))


def test_a_card_tells_how_its_instrument_was_found() -> None:
    assert shown("viewer").count('data-state="UNKNOWN"') == 4
    Instrument.objects.filter(pk="demo/meter-1").update(present=True, response_ms=12.3, identity="A,<B>")
    problem = "Instrument supply-1 at TCPIP::127.0.0.1::15101::SOCKET cannot be reached (nothing listens there): look."
    Instrument.objects.filter(pk="demo/supply-1").update(present=False, problem=problem)
    html = shown("viewer")
    assert "</span> Present</span> · 12 ms · A,&lt;B&gt;</p>" in html
    assert f"</span> Absent</span> · {problem}</p>" in html
