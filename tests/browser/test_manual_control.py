"""Driving the instruments of a slot by hand, on its page: two people, a batch that waits, a take-over, every ending."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from stations.safety import client
from tests.browser.conftest import Login
from tests.browser.web_station import WebStation
from tests.installations import wait_until

pytestmark = pytest.mark.any_database
SLOT, ADDRESS, MANUAL = "demo/slot-1", "/control/slots/demo/slot-1/", "/api/slots/demo/slot-1/manual/"
DRIVES = "drives the instruments by hand"


def opened(page: Page) -> Page:
    page.goto(ADDRESS)
    return page


def row(page: Page, command: str, instrument: str = "supply-1") -> Locator:
    return page.locator(".m-row", has=page.locator(f"[data-reading='{instrument}/{command}']"))


def reading(page: Page, command: str, instrument: str = "supply-1") -> Locator:
    return page.locator(f"[data-reading='{instrument}/{command}']")


def begin(page: Page) -> None:
    page.get_by_role("button", name="Begin a manual session").click()
    page.locator("#begin-dialog").get_by_role("button", name="Begin", exact=True).click()
    expect(page.get_by_text(f"operator {DRIVES}")).to_be_visible()


def switch_on(page: Page) -> None:
    row(page, "output").get_by_role("button", name="On", exact=True).click()
    page.get_by_role("button", name="Switch on").click()
    expect(reading(page, "output")).to_have_text("on")


def refusal(web: WebStation, **body: Any) -> str:
    with pytest.raises(urllib.error.HTTPError) as refused:
        web.post(MANUAL, **body)
    told = json.load(refused.value)
    return f"{told['status']} {told['detail']}"


def session(web: WebStation, **more: Any) -> str:
    batch = str(web.post(MANUAL, action="begin", **more)["id"])
    wait_until(lambda: web.get(MANUAL)["manual_by"], 20, "a session that has begun")
    return batch


def test_two_people_drive_one_supply_and_a_batch_waits_for_them(login: Login, web: WebStation):
    anna, ben = opened(login("operator")), opened(login("engineer"))
    viewer = opened(login("viewer"))
    begin(anna)
    expect(ben.get_by_text(f"operator {DRIVES}")).to_be_visible()
    row(anna, "voltage").get_by_role("spinbutton").fill("5")
    row(anna, "voltage").get_by_role("button", name="Set").click()
    for page in (anna, ben, viewer):
        expect(reading(page, "voltage")).to_have_text("5 V")
        expect(page.get_by_role("row").filter(has_text="supply-1: voltage = 5 V")).to_contain_text("operator")
    switch_on(anna)
    expect(reading(ben, "mode")).to_have_text("CV")
    ben.get_by_label("Raw command").first.fill("VOLT?")
    ben.get_by_role("button", name="Send").first.click()
    expect(anna.get_by_role("row").filter(has_text="supply-1: VOLT?")).to_contain_text("engineer")
    expect(anna.get_by_label("Raw command")).to_have_count(0)
    expect(viewer.locator("#slot-page form")).to_have_count(0)
    assert refusal(web, action="set", instrument="supply", command="voltage", value=16) == (
        "400 'voltage' takes 0 to 15 V, not 16."
    )
    assert "operator drives demo/slot-1 by hand already" in refusal(web, action="begin")

    batch = web.submit(slot=SLOT, parameters={"burn_in_time": 3})
    assert web.batch(batch)["state"] == "QUEUED"
    ben.get_by_role("button", name="End the session").click()
    expect(anna.get_by_text("is used by batch 'Board test' (started by engineer (tests))")).to_be_visible()
    expect(row(anna, "voltage").get_by_role("button", name="Set")).to_be_disabled()
    expect(reading(ben, "voltage")).to_have_text("")
    assert refusal(web, action="set", instrument="supply", command="output", value=True) == (
        "409 demo/slot-1 is used by batch 'Board test' (started by engineer (tests)). Stop or pause it first."
    )
    assert web.wait_for(batch, "COMPLETED")["outcome"] == "PASS"
    expect(anna.get_by_text("Nobody uses the instruments now")).to_be_visible()


def test_a_paused_batch_is_taken_over_given_back_and_passes(login: Login, web: WebStation):
    batch = web.submit(slot=SLOT, parameters={"burn_in_time": 3})
    wait_until(lambda: web.batch(batch)["current_step"] == "burn_in", 20, "the burn-in")
    web.post(f"/api/control/batches/{batch}/pause/")
    web.wait_for(batch, "PAUSED")
    page = opened(login("operator"))
    expect(page.get_by_text("which is paused. Take it over first.")).to_be_visible()
    page.get_by_role("button", name="Take over").click()
    page.locator("#take-over-dialog").get_by_role("button", name="Take over").click()
    expect(page.get_by_text(f"operator {DRIVES}")).to_be_visible()
    expect(reading(page, "measured_voltage")).to_contain_text(" V")
    row(page, "led", "board-1").get_by_role("button", name="On", exact=True).click()
    page.locator(".g-dialog:popover-open").get_by_role("button", name="Switch on").click()
    expect(reading(page, "led", "board-1")).to_have_text("on")
    with pytest.raises(urllib.error.HTTPError) as refused:
        web.post(f"/api/control/batches/{batch}/resume/")
    assert "operator has taken the batch over" in json.load(refused.value)["detail"]
    page.get_by_role("button", name="Give back").click()
    expect(page.get_by_text("which is paused. Take it over first.")).to_be_visible()
    web.post(f"/api/control/batches/{batch}/resume/")
    assert web.wait_for(batch, "COMPLETED")["outcome"] == "PASS"
    kinds = [one["kind"] for one in web.get(f"/api/control/batches/{batch}/control-events/")["results"]]
    assert kinds == ["BATCH_START", "BATCH_PAUSE", "TAKE_OVER", "MANUAL_COMMAND", "GIVE_BACK", "BATCH_RESUME"]
    page.goto(f"/control/batches/{batch}/")
    expect(page.locator("#controls").get_by_text("board-1: led = yes")).to_be_visible()
    expect(page.locator("#log").get_by_text("operator drives the instruments by hand.")).to_be_visible()


def test_the_emergency_stop_ends_a_session_with_everything_off(login: Login, web: WebStation):
    page = opened(login("operator"))
    begin(page)
    switch_on(page)
    batch = web.get(MANUAL)["owner"]["batch"]
    page.keyboard.press("Alt+Shift+E")
    assert web.wait_for(batch, "ABORTED")["state"] == "ABORTED"
    assert web.bench.read_back() == "0"
    expect(page.get_by_text("demo/slot-1 is latched")).to_be_visible()
    expect(row(page, "output").get_by_role("button", name="On", exact=True)).to_be_disabled()
    assert "is latched" in refusal(web, action="begin")
    assert "is latched" in refusal(web, action="set", instrument="supply", command="output", value=True)


def test_a_session_ends_by_itself_and_survives_no_kill(login: Login, web: WebStation):
    page = opened(login("viewer"))
    idle = session(web, idle_limit_s=1)
    expect(page.locator("[data-ends]")).to_contain_text("The session ends by itself in")
    assert web.wait_for(idle, "COMPLETED")["result"] == {"ended": "idle", "commands": 0}
    killed = session(web)
    web.post(MANUAL, action="set", instrument="supply", command="output", value=True)
    expect(reading(page, "output")).to_have_text("on")
    guard = client.status(web.installation.paths, SLOT)
    assert guard is not None and guard["runner"] is not None
    os.kill(guard["runner"], signal.SIGKILL)
    assert web.wait_for(killed, "CRASHED")["outcome"] == "ERROR"
    assert web.bench.read_back() == "0"
    expect(page.get_by_text("Nobody uses the instruments now")).to_be_visible()


def test_all_of_it_works_without_scripts(login: Login, web: WebStation):
    page = opened(login("operator", java_script_enabled=False))
    begin(page)
    row(page, "voltage").get_by_role("spinbutton").fill("4.5")
    row(page, "voltage").get_by_role("button", name="Set").click()
    expect(page.get_by_text("supply-1: voltage = 4.5 V → 4.5 V")).to_be_visible()
    switch_on(page)
    row(page, "output").get_by_role("button", name="Off").click()
    expect(reading(page, "output")).to_have_text("off")
    page.get_by_role("button", name="End the session").click()
    expect(page.get_by_text("Nobody uses the instruments now")).to_be_visible()
