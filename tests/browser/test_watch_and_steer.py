"""What an operator does: start, watch, pause, resume, stop, emergency stop, reset, and find it again in the admin."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Login
from tests.browser.web_station import WebStation

LONG = {"burn_in_time": 60}


def badge(page: Page, text: str) -> None:
    """The state that the head of a batch page shows."""
    expect(page.locator("main, #content").get_by_text(text, exact=True).first).to_be_visible(timeout=20_000)


def start_from_the_page(page: Page, **parameters: object) -> str:
    page.goto("/control/")
    page.get_by_role("link", name="New batch").click()
    page.get_by_role("link", name="Board test").click()
    page.get_by_label("demo/slot-1").check()
    page.get_by_label("Subject").fill("SN-browser")
    for name, value in parameters.items():
        page.get_by_label(name.replace("_", " ")).fill(str(value))
    page.get_by_role("button", name="Start batch").click()
    page.wait_for_url("**/control/batches/*-*/")
    return page.url.rstrip("/").rpartition("/")[2]


def test_a_batch_is_started_watched_paused_resumed_stopped_and_found_again(login: Login, web: WebStation):
    page = login("operator")
    batch = start_from_the_page(page, **LONG)
    badge(page, "Running")
    expect(page.get_by_text("burn_in").first).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Pause", exact=True).click()
    badge(page, "Paused")
    page.get_by_role("button", name="Resume", exact=True).click()
    badge(page, "Running")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("dialog").get_by_label("Reason").fill("enough of it")
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    badge(page, "Stopped")
    assert web.batch(batch)["state"] == "STOPPED"
    expect(page.get_by_text("enough of it").first).to_be_visible()
    page.goto("/admin/control/batch/")
    page.get_by_role("link", name="Board test SN-browser").first.click()
    expect(page.get_by_text(batch).first).to_be_visible()


def test_the_emergency_stop_by_keyboard_switches_off_and_a_reset_frees_the_slots(login: Login, web: WebStation):
    page = login("operator")
    batch = web.submit(slot="demo/slot-2", parameters=LONG)
    web.wait_for(batch, "RUNNING")
    page.goto(f"/control/batches/{batch}/")
    expect(page.get_by_text("burn_in").first).to_be_visible(timeout=20_000)
    page.keyboard.press("Alt+Shift+E")
    expect(page.locator("#emergency-stop-answer").get_by_text("demo/slot-2")).to_be_visible()
    assert web.wait_for(batch, "ABORTED")["state"] == "ABORTED"
    assert web.bench.left_on() == []
    page.keyboard.press("Escape")
    badge(page, "Aborted")
    page.goto("/control/")
    expect(page.get_by_text("Latched").first).to_be_visible()
    page.get_by_role("button", name="Reset").first.click()
    page.get_by_role("dialog").get_by_label("Why is it safe to go on?").fill("checked the bench")
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Reset")).to_have_count(0)


@pytest.mark.parametrize("path", ["/control/", "/control/batches/{batch}/"])
def test_an_emergency_stop_that_nobody_confirms_is_a_warning_that_stays(path: str, login: Login, web: WebStation):
    batch = web.submit(slot="demo/slot-2", parameters=LONG)
    web.wait_for(batch, "RUNNING")
    page = login("operator")
    page.goto(path.format(batch=batch))
    badge(page, "Running")
    with web.silent_guard("demo/slot-2"):
        page.locator("#content [data-control=emergency-stop]").click()
        warning = page.get_by_role("alertdialog")
        expect(warning.get_by_role("heading")).to_have_text("Emergency stop: NOT CONFIRMED")
        expect(page.locator(".g-toasts [data-tone=good]")).to_have_count(0)
    web.wait_for(batch, "ABORTED", "CRASHED")
    expect(warning).to_be_visible()
    warning.get_by_role("button", name="Close").click()
    expect(warning).to_have_count(0)


def test_the_overview_moves_by_itself_and_refuses_in_words(login: Login, web: WebStation):
    page = login("operator")
    page.goto("/control/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    batch = web.submit(slot="demo/slot-1", subject="SN-moves", parameters=LONG)
    card = page.locator("#live").get_by_role("listitem").filter(has_text="Board test SN-moves")
    expect(card).to_be_visible()
    expect(card.get_by_text("burn_in")).to_be_visible(timeout=20_000)
    card.get_by_role("button", name="Pause", exact=True).click()
    expect(card.get_by_text("Paused", exact=True)).to_be_visible()
    web.post(f"/api/control/batches/{batch}/stop/", reason="the test is over")
    web.wait_for(batch, "STOPPED")
    expect(page.get_by_text("Stopped").first).to_be_visible()


def test_a_one_time_link_leads_in_once(browser, web: WebStation):
    link = web.one_time_link()
    for expected in ("**/control/**", "**/login-link/**"):
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(link)
        if expected == "**/control/**":
            page.wait_for_url("**/control/", timeout=10_000)
        else:
            expect(page.get_by_role("alert")).to_be_visible()
        context.close()


def test_a_failed_batch_is_told_on_every_page(login: Login, web: WebStation):
    page = login("viewer")
    page.goto("/admin/control/errorlog/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    batch = web.submit(slot="demo/slot-1", subject="SN-bad", parameters={"boot_time": 30})
    web.wait_for(batch, "RUNNING")
    web.post(f"/api/control/batches/{batch}/emergency-stop/")
    web.wait_for(batch, "ABORTED")
    expect(page.get_by_role("status").or_(page.get_by_role("alert")).filter(has_text="stop").first).to_be_visible()


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_buttons_are_those_that_a_role_may_press(role: str, login: Login, web: WebStation):
    page = login(role)
    batch = web.submit(slot="demo/slot-1", parameters=LONG)
    web.wait_for(batch, "RUNNING")
    page.goto(f"/control/batches/{batch}/")
    badge(page, "Running")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_have_count(1 if role == "operator" else 0)
    expect(page.get_by_role("button", name="Emergency stop").first).to_be_visible()
    web.post(f"/api/control/batches/{batch}/stop/")
    web.wait_for(batch, "STOPPED")
