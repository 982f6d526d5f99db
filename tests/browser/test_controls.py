"""The rarer controls of a batch's page: skip, settings, restart, run again, resume of an ended batch, keep."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Login
from tests.browser.web_station import WebStation

pytestmark = pytest.mark.any_database


def live_page(page: Page, web: WebStation) -> str:
    """The page of a batch that waits in its middle step; the id of the batch."""
    batch = web.submit("stages", subject="SN-stages")
    page.goto(f"/control/batches/{batch}/")
    expect(step(page, "middle")).to_have_attribute("data-state", "RUNNING", timeout=20_000)
    return batch


def step(page: Page, name: str) -> Locator:
    return page.locator("#steps .b-step", has=page.get_by_text(name, exact=True))


def badge_of(page: Page, name: str) -> Locator:
    return step(page, name).locator("[data-part=badge]")


def chosen(page: Page, label: str) -> Locator:
    """The dialog behind an entry of the menu."""
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name=f"{label} …").click()
    return page.get_by_role("dialog")


def state(page: Page, expected: str) -> None:
    expect(page.locator("#batch-page")).to_have_attribute("data-state", expected, timeout=20_000)


def led_elsewhere(page: Page, batch: str) -> str:
    """The id of the new batch, to whose page somebody was led."""
    page.wait_for_url(lambda url: batch not in url)
    expect(page.get_by_text("Stages SN-stages is queued.")).to_be_visible()
    return page.url.rstrip("/").rpartition("/")[2]


def test_a_coming_step_and_the_running_one_are_skipped(login: Login, web: WebStation):
    page = login("operator")
    live_page(page, web)
    step(page, "spare").hover()
    page.get_by_role("button", name="Skip spare").click()
    dialog = page.get_by_role("dialog", name="Skip spare")
    dialog.get_by_label("Reason").fill("not today")
    dialog.get_by_role("button", name="Skip").click()
    expect(step(page, "spare").get_by_text("to be skipped")).to_be_visible()
    chosen(page, "Skip a step").get_by_role("button", name="Skip").click()
    state(page, "COMPLETED")
    expect(badge_of(page, "middle")).to_have_text("Skipped on request")
    expect(badge_of(page, "spare")).to_have_text("Skipped on request")
    expect(step(page, "spare").get_by_text("skipped by request: not today")).to_be_visible()


def test_a_setting_is_changed_while_it_runs(login: Login, web: WebStation):
    page = login("engineer", complain=False)  # a browser complains of every refusal
    batch = live_page(page, web)
    dialog = chosen(page, "Change settings")
    dialog.get_by_label("Wait").fill("-1")
    dialog.get_by_role("button", name="Change").click()
    expect(dialog.get_by_text("must be a number from 0 to 3600 s, it is -1.")).to_be_visible()
    dialog.get_by_label("Wait").fill("0.1")
    dialog.get_by_role("button", name="Change").click()
    state(page, "COMPLETED")
    assert web.batch(batch)["settings"] == {"wait": 0.1}
    expect(page.locator("[data-parameter=wait]")).to_have_text("30 → 0.1 s (changed while it ran)")
    expect(page.locator("#controls").get_by_text("wait: 30 → 0.1 s")).to_be_visible()


def test_a_restart_stops_the_batch_and_leads_to_the_same_again(login: Login, web: WebStation):
    page = login("operator")
    batch = live_page(page, web)
    chosen(page, "Restart").get_by_role("button", name="Restart").click()
    led_elsewhere(page, batch)
    state(page, "RUNNING")
    assert web.batch(batch)["state"] == "STOPPED"
    page.get_by_text("Restart of").get_by_role("link").click()
    state(page, "STOPPED")
    expect(page.locator(".b-followers").get_by_text("Running", exact=True)).to_be_visible()


def test_only_what_did_not_pass_is_run_again(login: Login, web: WebStation):
    page = login("operator", complain=False)
    batch = web.submit("stages", subject="SN-stages", parameters={"wait": 0.1, "fail": True})
    page.goto(f"/control/batches/{batch}/")
    state(page, "COMPLETED")
    page.get_by_role("button", name="Run again").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("First step").select_option("5 last")
    expect(dialog.get_by_label("From a step on")).to_be_checked()
    dialog.get_by_label("Only the steps that did not pass").check()
    dialog.get_by_role("button", name="Run again").click()
    led_elsewhere(page, batch)
    state(page, "COMPLETED")
    expect(step(page, "middle").get_by_text("Carried over: it did not run here.")).to_be_visible()
    expect(badge_of(page, "last")).to_have_text("Fail")
    step(page, "middle").get_by_role("link", name="Where it ran").click()
    page.wait_for_url(f"**/{batch}/")


def test_a_stopped_batch_goes_on_as_a_new_one_and_is_refused_in_its_dialog_meanwhile(login: Login, web: WebStation):
    page = login("operator", complain=False)
    batch = live_page(page, web)
    web.post(f"/api/control/batches/{batch}/stop/")
    state(page, "STOPPED")
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    new = led_elsewhere(page, batch)
    expect(step(page, "first").get_by_text("Carried over: it did not run here.")).to_be_visible(timeout=20_000)
    page.goto(f"/control/batches/{batch}/")
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(f"It goes on already, as batch {new}.")


def test_every_control_works_without_scripts(login: Login, web: WebStation):
    page = login("engineer", java_script_enabled=False)
    batch = web.submit("stages", subject="SN-stages")
    web.wait_for(batch, "RUNNING")
    page.goto(f"/control/batches/{batch}/")
    dialog = chosen(page, "Change settings")
    dialog.get_by_label("Wait").fill("40")
    dialog.get_by_role("button", name="Change").click()
    expect(page.get_by_text("takes the new settings over")).to_be_visible()
    page.get_by_role("button", name="Keep this batch").click()
    expect(page.get_by_text("Kept, never pruned")).to_be_visible()
    chosen(page, "Restart").get_by_role("button", name="Restart").click()
    led_elsewhere(page, batch)
    assert (web.batch(batch)["keep"], web.wait_for(batch, "STOPPED")["settings"]) == (True, {"wait": 40})
