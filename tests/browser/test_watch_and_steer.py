"""What an operator does: start, watch, pause, resume, stop, emergency stop, reset, and find it again in the admin."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Login
from tests.browser.web_station import WebStation
from tests.installations import wait_until
from tests.people import add_user

LONG = {"burn_in_time": 60}
PLACES = ("/control/", "/control/batches/{batch}/")


def badge(page: Page, text: str) -> None:
    """The state that the head of a batch page shows."""
    expect(page.locator("main, #content").get_by_text(text, exact=True).first).to_be_visible(timeout=20_000)


def opacity(place: Locator) -> float:
    """How much of something is to be seen, with all that it stands in."""
    chain = "(node) => (node ? getComputedStyle(node).opacity * chain(node.parentElement) : 1)"
    return float(place.evaluate(f"node => {{ const chain = {chain}; return chain(node); }}"))


def bell(page: Page) -> str:
    """The alerts that are listed."""
    return page.locator("#alerts ol").text_content() or ""


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


@pytest.mark.any_database
def test_the_emergency_stop_by_keyboard_switches_off_and_a_reset_frees_the_slots(login: Login, web: WebStation):
    page = login("operator")
    batch = web.submit(slot="demo/slot-2", parameters=LONG)
    web.wait_for(batch, "RUNNING")
    page.goto(f"/control/batches/{batch}/")
    expect(page.get_by_text("burn_in").first).to_be_visible(timeout=20_000)
    page.keyboard.press("Alt+Shift+E")
    expect(page.locator("[role=alertdialog]").get_by_text("demo/slot-2")).to_be_visible()
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


@pytest.mark.any_database
@pytest.mark.parametrize("path", PLACES)
def test_an_emergency_stop_that_nobody_confirms_is_a_warning_that_stays(path: str, login: Login, web: WebStation):
    batch = web.submit(slot="demo/slot-2", parameters=LONG)
    web.wait_for(batch, "RUNNING")
    page = login("operator")
    page.goto(path.format(batch=batch))
    badge(page, "Running")
    with web.silent_guard("demo/slot-2"):
        page.locator("#content [data-control=emergency-stop]").click()
        warning = page.get_by_role("alertdialog")
        expect(warning.get_by_role("heading")).to_contain_text("NOT CONFIRMED")
        expect(page.locator(".g-toasts [data-tone=good]")).to_have_count(0)
    web.wait_for(batch, "ABORTED", "CRASHED")
    expect(warning).to_be_visible()
    warning.get_by_role("button", name="Close").click()
    expect(warning).to_have_count(0)


@pytest.mark.any_database
@pytest.mark.parametrize("path", PLACES)
def test_an_emergency_stop_of_a_batch_needs_no_session(path: str, login: Login, web: WebStation):
    batch = web.submit(slot="demo/slot-2", parameters=LONG)
    web.wait_for(batch, "RUNNING")
    page = login("operator", complain=False)  # a browser complains of every 401
    page.goto(path.format(batch=batch))
    badge(page, "Running")
    page.context.clear_cookies(name="gwanje_session")
    page.get_by_role("button", name="Pause", exact=True).click()
    said = page.get_by_role("alertdialog")
    expect(said.get_by_role("heading")).to_have_text("Logged out")
    expect(said.get_by_role("link", name="Log in")).to_be_visible()
    said.get_by_role("button", name="Close").click()
    page.locator("#content [data-control=emergency-stop]").click()
    expect(said.get_by_role("heading")).to_have_text("Emergency stop of demo/slot-2: the safe state is confirmed.")
    assert (web.bench.left_on(), web.get("/api/slots/demo/slot-2/")["state"]) == ([], "LATCHED")
    assert web.wait_for(batch, "ABORTED")["state"] == "ABORTED"


@pytest.mark.any_database
def test_who_is_logged_out_logs_in_and_is_back(login: Login, web: WebStation):
    add_user(web.installation, "newcomer", "operator", password="a long enough password")
    page = login("operator", complain=False)  # a browser complains of every 401
    page.goto("/control/sequences/")
    page.context.clear_cookies(name="gwanje_session")
    page.reload()
    page.get_by_label("Username").fill("newcomer")
    page.locator("input[type=password]").fill("a long enough passwort")
    page.locator("input[type=password]").press("Enter")
    expect(page.get_by_text("Please enter a correct username and password")).to_be_visible()
    page.locator("input[type=password]").fill("a long enough password")
    page.locator("input[type=password]").press("Enter")
    page.wait_for_url("**/control/sequences/")
    expect(page.get_by_text("newcomer").first).to_be_attached()


@pytest.mark.any_database
def test_a_web_process_that_hangs_is_told_and_what_was_asked_still_happens(login: Login, web: WebStation):
    batch = web.submit(slot="demo/slot-2", parameters=LONG)
    web.wait_for(batch, "RUNNING")
    page = login("operator", complain=False)  # a browser complains of a socket that it loses
    page.goto(f"/control/batches/{batch}/")
    badge(page, "Running")
    with web.silent_web():
        expect(page.get_by_text("Connection lost", exact=True)).to_be_visible(timeout=20_000)
        clocks = page.locator("[data-batch=elapsed], [data-batch=left], .b-step-took").all_inner_texts()
        red = page.locator("#content [data-control=emergency-stop]")
        assert opacity(page.locator("[data-batch=elapsed]")) < 1 == opacity(red)
        red.click()
        heading = page.get_by_role("alertdialog").get_by_role("heading")
        expect(heading).to_have_text("Emergency stop is under way …")
        expect(heading).to_have_text("Emergency stop: NOT CONFIRMED, Gwanje does not answer", timeout=8000)
        assert page.locator("[data-batch=elapsed], [data-batch=left], .b-step-took").all_inner_texts() == clocks
    expect(heading).to_have_text("Emergency stop of demo/slot-2: the safe state is confirmed.", timeout=10_000)
    web.wait_for(batch, "ABORTED")
    assert web.bench.left_on() == []


@pytest.mark.any_database
def test_the_overview_dims_no_red_button_while_the_connection_is_lost(login: Login, web: WebStation):
    batch = web.submit(slot="demo/slot-2", parameters=LONG)
    web.wait_for(batch, "RUNNING")
    page = login("operator", complain=False)
    page.goto("/control/")
    clock = page.locator("#live [data-part=elapsed]")
    expect(clock).not_to_be_empty()
    with web.silent_web():
        expect(page.get_by_text("Connection lost", exact=True)).to_be_visible(timeout=20_000)
        before = clock.inner_text()
        assert opacity(clock) < 1 == opacity(page.locator("#live [data-control=emergency-stop]"))
        page.wait_for_timeout(2000)
        assert clock.inner_text() == before
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=20_000)
    expect(clock).not_to_have_text(before)


@pytest.mark.any_database
def test_an_emergency_stop_is_told_once_to_whoever_did_not_press_it(login: Login, web: WebStation):
    batch = web.submit(slot="demo/slot-2", parameters=LONG)
    web.wait_for(batch, "RUNNING")
    pages = [login("operator"), login("viewer"), login("engineer", viewport={"width": 390, "height": 844})]
    for page in pages:
        page.goto(f"/control/batches/{batch}/")
        badge(page, "Running")
        expect(page.locator("#connection[data-status=live]")).to_have_count(1)
    before = [bell(page) for page in pages]
    pages[0].locator("#content [data-control=emergency-stop]").click()
    for page in pages:
        badge(page, "Aborted")
    for page, seen in zip(pages, before, strict=True):
        wait_until(lambda page=page, seen=seen: bell(page) != seen, 10, "the alerts in the bell")
    pages[0].wait_for_timeout(1000)
    told = [page.locator(".g-toast p").all_inner_texts() for page in pages]
    once = ["Emergency stop of demo/slot-2 by operator: no reason given"]
    assert told == [[], once, once]


@pytest.mark.any_database
def test_going_back_to_a_batch_shows_its_page(login: Login, web: WebStation):
    page = login("operator")
    page.goto(f"/control/batches/{web.submit(slot='demo/slot-1', parameters=LONG)}/")
    badge(page, "Running")
    with page.expect_response("**/story/"):  # the page reads its rows once more
        page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("link", name="Control events").or_(page.get_by_role("link", name="Admin")).first.click()
    page.wait_for_url("**/admin/**")
    page.go_back()
    badge(page, "Paused")


@pytest.mark.any_database
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


@pytest.mark.any_database
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


@pytest.mark.any_database
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
@pytest.mark.any_database
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
