"""Instruments that are unplugged and plugged in again, and slots that are taken out of service, as people see them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Login
from tests.browser.web_station import WebStation
from tests.installations import wait_until

pytestmark = pytest.mark.any_database

SLOT = "demo/slot-1"
RED_MS, BACK_MS = 5_000, 8_000


@pytest.fixture(autouse=True)
def plugged_in(web: WebStation) -> Iterator[None]:
    yield
    web.bench.fault("meter-1", "clear")
    web.post(f"/api/slots/{SLOT}/in-service/")
    web.calm()
    wait_until(lambda: web.get(f"/api/slots/{SLOT}/")["state"] == "IDLE", 15, "an idle slot")


def overview(page: Page) -> Locator:
    """The card of the slot, once its instruments have been found."""
    page.goto("/control/")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=SLOT, exact=True))
    expect(card.locator("li[data-state=PRESENT]")).to_have_count(4, timeout=BACK_MS)
    return card


def test_unplugged_instrument_is_red_within_five_seconds_and_comes_back_by_itself(login: Login, web: WebStation):
    page = login("operator")
    card = overview(page)
    expect(card.get_by_text("supply-1")).to_be_visible()
    web.bench.fault("meter-1", "unplug")
    meter = card.locator("li").filter(has_text="meter-1")
    expect(meter).to_have_attribute("data-state", "ABSENT", timeout=RED_MS)
    expect(meter).to_contain_text("Absent")
    expect(meter).to_contain_text("cannot be reached (nothing listens there)")
    expect(card.get_by_text("Out of service", exact=True)).to_be_visible()
    expect(card).to_contain_text("until its instruments are well again: meter-1")
    told = page.locator("#alerts li").first
    expect(told).to_contain_text(f"Slot {SLOT} is out of service, as the health check found: Instrument meter-1")
    # A batch for it waits and says why; one for any slot goes to the other.
    waiting, elsewhere = web.submit(slot=SLOT), web.submit()
    assert web.batch(elsewhere)["slot"] == "demo/slot-2"
    found = web.batch(waiting)
    assert (found["state"], "until its instruments are well again: meter-1" in found["held"]) == ("QUEUED", True)
    other = login("viewer")
    other.goto(f"/control/batches/{waiting}/")
    expect(other.get_by_text("until its instruments are well again: meter-1").first).to_be_visible()
    web.bench.fault("meter-1", "replug")
    expect(meter).to_have_attribute("data-state", "PRESENT", timeout=BACK_MS)
    expect(page.locator("#alerts")).to_contain_text(f"Slot {SLOT} is back in service")
    web.wait_for(waiting, "RUNNING", "COMPLETED")


def test_instrument_that_is_lost_in_a_run_is_named_by_its_step(login: Login, web: WebStation):
    overview(login("viewer"))
    batch = web.submit(slot=SLOT, parameters={"burn_in_time": 60})
    web.wait_for(batch, "RUNNING")
    wait_until(lambda: web.bench.commands("meter-1")[-1:] and web.batch(batch)["progress"] > 0, 20, "some progress")
    web.bench.fault("meter-1", "unplug")
    ended = web.wait_for(batch, "FAILED")
    assert (ended["outcome"], "Instrument meter-1 at TCPIP" in ended["message"]) == ("ERROR", True)
    wait_until(lambda: web.get(f"/api/slots/{SLOT}/")["state"] == "OUT_OF_SERVICE", 8, "a slot out of service")
    # By hand the others are driven all the same.
    session = web.post(f"/api/slots/{SLOT}/manual/", action="begin")["id"]
    asked = {"action": "read", "instrument": "supply", "command": "output"}
    assert web.post(f"/api/slots/{SLOT}/manual/", **asked)["after"]["value"] is False
    assert web.get(f"/api/slots/{SLOT}/")["state"] == "MANUAL"
    web.post(f"/api/slots/{SLOT}/manual/", action="end")
    web.wait_for(session, "COMPLETED")


def test_engineer_takes_a_slot_out_of_service_and_puts_it_back_without_scripts(login: Login, web: WebStation):
    page = login("engineer")
    card = overview(page)
    card.get_by_role("button", name=f"Take out of service: {SLOT}").click()
    dialog = page.get_by_role("dialog", name=f"Take {SLOT} out of service")
    dialog.get_by_label("Reason").fill("new cables")
    dialog.get_by_role("button", name="Take out of service").click()
    expect(card).to_contain_text("(engineer): new cables")
    expect(card.get_by_role("button", name=f"Put into service: {SLOT}")).to_be_visible()
    operator = login("operator")
    expect(overview(operator).get_by_role("button", name="service")).to_have_count(0)
    plain = login("engineer", java_script_enabled=False)
    plain.goto("/admin/stations/slot/demo_2Fslot-1/change/")
    expect(plain.get_by_text(f"Slot {SLOT} is out of service (engineer: new cables).")).to_be_visible()
    plain.get_by_label("Reason (optional)").fill("done")
    plain.get_by_role("button", name="Put into service").click()
    expect(plain.get_by_text(f"Slot {SLOT} is in service.")).to_be_visible()
    expect(card.get_by_role("button", name=f"Take out of service: {SLOT}")).to_be_visible()
