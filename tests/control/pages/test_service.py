"""Taking a slot out of service and putting it back, by scripts of the overview and by forms of the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from control.models import ControlEvent
from stations.models import Instrument, Slot
from tests.control.pages.people import browser_of
from tests.rows import OUT, demo_station

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

OUT_URL, BACK_URL = "/control/slots/demo/slot-1/out-of-service/", "/control/slots/demo/slot-1/in-service/"
CHANGE = "/admin/stations/slot/demo_2Fslot-1/change/"


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def post(browser: Client, url: str, **fields: str) -> Any:
    return browser.post(url, fields, headers={"accept": "application/json"})


def test_engineer_changes_it_and_is_told_what_has_come_of_it() -> None:
    engineer = browser_of("engineer")
    answer = post(engineer, OUT_URL, reason="new cables")
    assert (answer.status_code, Slot.objects.get(pk="demo/slot-1").in_service) == (202, False)
    assert "new cables" in answer.json()["message"]
    Slot.objects.filter(pk="demo/slot-1").update(health_problem={"instruments": {"supply-1": "gone"}, "at": 0})
    message = "Slot demo/slot-1 is out of service until its instruments are well again: supply-1."
    assert post(engineer, BACK_URL).json()["message"] == message
    Slot.objects.update(health_problem=None)
    assert post(engineer, BACK_URL).json()["message"] == "Slot demo/slot-1 is in service."
    assert list(ControlEvent.objects.order_by("pk").values_list("face", flat=True)) == ["PAGE", "PAGE"]


def test_refusal_names_the_field_that_is_missing() -> None:
    answer = post(browser_of("engineer"), OUT_URL)
    assert (answer.status_code, answer.json()["detail"]) == (400, "Say why: whoever wants to use the slot is told.")


@pytest.mark.parametrize("who", ["operator", "viewer", "stranger"])
def test_nobody_else_may(who: str) -> None:
    for url in (OUT_URL, BACK_URL):
        assert post(browser_of(who), url, reason="x").status_code == 403
    assert not Slot.objects.filter(in_service=False).exists()


def test_form_of_the_admin_leads_back_to_it() -> None:
    engineer = browser_of("engineer")
    assert 'name="from" value="admin"' in engineer.get(CHANGE).content.decode()
    answer = engineer.post(OUT_URL, {"reason": "new cables", "from": "admin"})
    assert (answer.status_code, answer.headers["location"]) == (302, CHANGE)
    shown = engineer.get(CHANGE).content.decode()
    assert f'action="{BACK_URL}"' in shown and "new cables" in shown
    assert ControlEvent.objects.get().face == "ADMIN"
    assert 'name="from" value="admin"' not in browser_of("operator").get(CHANGE).content.decode()


def test_instruments_stand_in_the_admin_with_their_state() -> None:
    Instrument.objects.filter(pk="demo/meter-1").update(present=False, problem="It is gone.")
    Instrument.objects.filter(pk="demo/load-1").update(present=True, response_ms=3.2, identity="A,B,1")
    viewer = browser_of("viewer")
    listed = viewer.get("/admin/stations/instrument/?present=False").content.decode()
    assert "demo/meter-1" in listed and "Absent" in listed and "demo/load-1" not in listed
    whole = viewer.get("/admin/stations/instrument/").content.decode()
    assert all(text in whole for text in ("A,B,1", "3 ms", "Unknown"))
    assert "It is gone." in viewer.get("/admin/stations/instrument/demo_2Fmeter-1/change/").content.decode()


def test_new_batch_form_tells_who_keeps_a_slot_back() -> None:
    Slot.objects.filter(pk="demo/slot-1").update(taken_out=OUT)
    Slot.objects.filter(pk="demo/slot-2").update(health_problem={"instruments": {"supply-2": "gone"}, "at": 0})
    shown = browser_of("operator").get("/control/batches/new/?sequence=board_test").content.decode()
    assert "Taken out of service by kim: new cables" in shown and "Not well: supply-2; the batch would wait" in shown
