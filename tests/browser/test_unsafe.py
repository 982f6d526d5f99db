"""An output that stays on is NOT CONFIRMED on every page at once, and stays so until an engineer clears it."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from stations.safety.unsafe_mark import read_unsafe
from tests.browser.conftest import Login
from tests.browser.web_station import WebStation
from tests.installations import wait_until

pytestmark = pytest.mark.any_database

SLOT = "demo/slot-2"
WITHIN_S = 2.0
SAYS = "(text) => document.querySelector('#unsafe').textContent.replace(/\\s+/g, ' ').includes(text)"


def clear(page: Page, reason: str) -> None:
    page.locator("#unsafe summary").click()
    page.locator("#unsafe").get_by_label("Why is it safe to go on?").fill(reason)
    page.get_by_role("button", name="Make safe and clear").click()


def test_a_stuck_output_is_not_confirmed_everywhere_until_an_engineer_clears_it(login: Login, web: WebStation):
    engineer, operator, viewer = login("engineer"), login("operator"), login("viewer")
    batch = web.submit(slot=SLOT, parameters={"burn_in_time": 60})
    wait_until(lambda: web.bench.is_on("supply-2"), 20, "a supply that is on")
    web.bench.fault("supply-2", "stuck_output", "on")
    engineer.goto(f"/control/batches/{batch}/")
    operator.goto("/control/")
    viewer.goto("/admin/control/batch/")
    pages = (engineer, operator, viewer)
    for page in pages:
        expect(page.locator("#connection")).to_have_attribute("data-status", "live")

    answer = web.post("/api/emergency-stop/", slot=SLOT)
    assert (answer["confirmed"], web.bench.is_on("supply-2")) == (False, True)
    for page in pages:  # looking at each frame: `expect` would look once a second in the end
        page.wait_for_function(SAYS, arg=f"{SLOT}: safe state NOT CONFIRMED since")
    mark = read_unsafe(web.installation.paths, SLOT)
    assert mark is not None
    assert time.time() - mark["since"] < WITHIN_S
    for page in pages:
        expect(page.locator("#unsafe")).to_contain_text("it answered OUTP? 1")
        expect(page.locator("#alerts ol")).to_contain_text(f"{SLOT}: SAFE STATE NOT CONFIRMED")
    expect(operator.locator(f'[aria-labelledby="slot-{SLOT}"]')).to_contain_text("NOT CONFIRMED since")
    facts = web.get(f"/api/slots/{SLOT}/")
    assert (facts["state"], facts["unsafe"]["confirmed_at"]) == ("UNSAFE", None)
    assert list(facts["unsafe"]["problems"]) == ["supply-2"]
    expect(operator.locator("#unsafe")).to_contain_text("Only an engineer clears it.")
    expect(operator.locator("#unsafe form")).to_have_count(0)

    clear(engineer, "it must be off")
    expect(engineer.get_by_text(f"{SLOT} is not cleared: its safe state is still NOT CONFIRMED")).to_be_visible()
    expect(engineer.locator("#unsafe .g-banner")).to_be_visible()

    web.bench.fault("supply-2", "clear")
    for page in pages:
        expect(page.locator("#unsafe")).to_contain_text("supply-2: confirmed OFF at", timeout=10_000)
    clear(engineer, "output relay replaced")
    expect(engineer.get_by_text(f"{SLOT} is reset and cleared")).to_be_visible()
    for page in pages:
        expect(page.locator("#unsafe .g-banner")).to_have_count(0)
    assert web.get(f"/api/slots/{SLOT}/")["state"] == "IDLE"
    sql = "SELECT reason, obeyed_at IS NOT NULL FROM control_controlevent WHERE kind = 'CLEAR_UNSAFE' ORDER BY id"
    told = [(reason, bool(obeyed)) for reason, obeyed in web.installation.query(sql)]
    assert told == [("it must be off", False), ("output relay replaced", True)]


def test_an_idle_slot_is_made_safe_on_demand_and_says_what_proves_it(login: Login, web: WebStation):
    page = login("operator")
    page.goto("/control/")
    card = page.locator(f'[aria-labelledby="slot-{SLOT}"]')
    card.get_by_role("button", name="Make safe").click()
    expect(page.get_by_text(f"{SLOT}: safe state confirmed (supply-2, load-2, board-2)")).to_be_visible()
    batch = web.submit(slot=SLOT, parameters={"burn_in_time": 60})
    web.wait_for(batch, "RUNNING")
    expect(card.get_by_role("button", name="Make safe")).to_be_hidden()
