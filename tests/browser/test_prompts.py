"""What a run asks, on the pages of those who watch: two browsers, a viewer, a keyboard, no scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import barriers
from tests.browser.conftest import Login
from tests.browser.test_every_page import PHONE
from tests.browser.web_station import WebStation
from tests.installations import wait_until

pytestmark = pytest.mark.any_database
LABEL, LEDS = "What does the label at the lower edge look like?", "How many of the three LEDs light?"


def asking(web: WebStation, upto: str = "p1") -> str:
    """A batch that waits for an answer to this prompt."""
    batch = web.submit("operator_check", subject="SN-look")
    for key, value in (("p1", "intact"), ("p2", 3), ("p3", 80.1), ("p4", True)):
        waits(web, batch, key)
        if key == upto:
            return batch
        answer(web, batch, key, value)
    waits(web, batch, upto)
    return batch


def waits(web: WebStation, batch: str, key: str) -> None:
    wait_until(lambda: web.batch(batch)["prompt"] == key, 30, f"prompt {key}")


def answer(web: WebStation, batch: str, key: str, value: object) -> None:
    web.post(f"/api/control/batches/{batch}/answer/", prompt=key, value=value)


def opened(page: Page, batch: str) -> Locator:
    page.goto(f"/control/batches/{batch}/")
    return page.locator("#prompt")


def test_two_browsers_see_a_question_and_one_answers(login: Login, web: WebStation):
    batch = web.submit("operator_check", subject="SN-look")
    anna, ben = login("operator"), login("engineer")
    cards = [opened(page, batch) for page in (anna, ben)]
    for card in cards:
        expect(card.get_by_text(LABEL)).to_be_visible(timeout=20_000)
        expect(card.get_by_role("img", name="Picture: pictures/front.png")).to_have_js_property("naturalWidth", 640)
    cards[0].get_by_role("button", name="intact").click()
    for card in cards:  # the next one comes at once
        expect(card.get_by_text(LEDS)).to_be_visible()
    assert (anna.url, web.get(f"/api/control/batches/{batch}/prompts/")["results"][0]["answered_by"]) == (
        ben.url, "operator",
    )  # fmt: skip
    expect(ben.locator("#controls").get_by_text("Answer: operator, Page")).to_be_visible()
    expect(ben.locator("#controls").get_by_text(f"{LABEL}: intact")).to_be_visible()


def test_the_other_one_sees_who_answered_what(login: Login, web: WebStation):
    batch = asking(web, "p5")
    anna, ben = opened(login("operator"), batch), opened(login("engineer"), batch)
    ben.get_by_label("Answer").fill("ben")
    anna.get_by_label("Answer").fill("anna")
    anna.get_by_role("button", name="Send the answer").click()
    for card in (anna, ben):
        expect(card.get_by_role("heading", name="Answered by operator at")).to_be_visible()
        expect(card.locator("[data-prompt=answer]")).to_have_text("anna")
        expect(card.get_by_label("Answer")).to_have_count(0)
    expect(ben.get_by_role("heading")).to_be_focused()
    assert web.wait_for(batch, "COMPLETED")["result"] == {"inspector": "anna"}


def test_a_number_is_asked_with_unit_and_range_and_refused_beside_its_field(login: Login, web: WebStation):
    page = login("operator", complain=False)  # a browser complains of every refusal
    card = opened(page, asking(web, "p3"))
    expect(card.get_by_text("10 – 200 mm")).to_be_visible()
    card.get_by_label("Answer").fill("long")
    page.keyboard.press("Enter")
    expect(card.get_by_role("alert")).to_have_text("The answer must be a number from 10 to 200 mm, it is 'long'.")
    expect(card.get_by_label("Answer")).to_be_focused()
    card.get_by_label("Answer").fill("80,1")
    page.keyboard.press("Enter")
    expect(card.get_by_text("Is the board free of flux and dust?")).to_be_visible()
    for place in ("#controls", "#log"):
        expect(page.locator(place).get_by_text(": 80.1 mm").first).to_be_visible()


def test_a_question_leaves_the_bell_of_every_page_when_it_is_over(login: Login, web: WebStation):
    pages = [login("operator"), login("engineer")]
    batch = web.submit("operator_check", subject="SN-look")
    waits(web, batch, "p1")
    opened(pages[0], batch)
    pages[1].goto("/control/")
    asked = [page.locator("#alerts li", has=page.locator(f"a[href*='{batch}']")) for page in pages]
    for page, item in zip(pages, asked, strict=True):
        expect(item).to_contain_text(LABEL)
        page.locator("#bell").click()
        expect(page.locator(".g-bell-count")).to_be_hidden()
        page.keyboard.press("Escape")
    pages[0].locator("#prompt").get_by_role("button", name="intact").click()
    for page, item in zip(pages, asked, strict=True):
        expect(item).to_contain_text(LEDS)
        expect(page.locator(".g-bell-count")).to_have_text("1")
    expect(pages[1].locator(".g-toast", has_text=LEDS)).to_be_visible()
    answer(web, batch, "p2", 3)
    expect(pages[1].locator(".g-toast", has_text=LEDS)).to_have_count(0)
    waits(web, batch, "p3")
    web.post(f"/api/control/batches/{batch}/stop/")
    for page, item in zip(pages, asked, strict=True):
        expect(item).to_have_count(0)
        expect(page.locator(".g-bell-count")).to_be_hidden()
        page.reload()
        expect(page.locator("#connection[data-status=live]")).to_have_count(1)
        expect(item).to_have_count(0)


def test_a_question_takes_the_focus_only_from_nobody(login: Login, web: WebStation):
    page = login("operator")
    batch = asking(web, "p2")
    card = opened(page, batch)
    card.get_by_label("Answer").fill("3")
    page.keyboard.press("Enter")
    expect(card.get_by_text("How long is the board")).to_be_visible()
    expect(card.get_by_label("Answer")).to_be_focused()
    reason = page.get_by_label("Reason (optional)").first
    reason.focus()
    answer(web, batch, "p3", 80.1)
    expect(card.get_by_text("Is the board free")).to_be_visible()
    expect(reason).to_be_focused()
    card.get_by_role("button", name="Yes").focus()
    page.keyboard.press("Enter")
    expect(card.get_by_text("Who has inspected the board?")).to_be_visible()


def test_a_stop_while_it_waits_takes_the_question_away(login: Login, web: WebStation):
    page = login("operator")
    card = opened(page, asking(web))
    expect(card).to_be_visible()
    page.locator("[data-batch=controls]").get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(page.locator("#batch-page")).to_have_attribute("data-state", "STOPPED", timeout=20_000)
    expect(card).to_be_hidden()


def test_a_viewer_sees_the_question_and_no_form(login: Login, web: WebStation):
    card = opened(login("viewer"), asking(web))
    expect(card.get_by_text(LABEL)).to_be_visible()
    expect(card.get_by_text("An operator answers this.")).to_be_visible()
    expect(card.get_by_role("button")).to_have_count(0)


def test_overview_list_and_alert_tell_that_a_batch_waits(login: Login, web: WebStation):
    page = login("operator")
    page.goto("/control/")
    batch = asking(web)
    expect(page.locator("#live .g-badge", has_text="Waits for an answer")).to_be_visible()
    expect(page.locator(".g-toast", has_text=f"Waits for an answer: {LABEL}")).to_be_visible()
    page.goto("/admin/control/batch/")
    expect(page.get_by_text("Waits for an answer", exact=True)).to_be_visible()
    page.goto(f"/admin/control/batch/{batch}/change/")
    expect(page.get_by_role("heading", name="Prompts")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("key", ["p1", "p3"])
def test_a_question_bars_nobody_and_fits_a_phone(login: Login, web: WebStation, scheme: str, key: str):
    page = login("operator", color_scheme=scheme, viewport=PHONE)
    card = opened(page, asking(web, key))
    expect(card.locator("form")).to_be_visible()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_a_question_is_answered_without_scripts(login: Login, web: WebStation):
    page = login("operator", java_script_enabled=False)
    batch = asking(web)
    page.goto(f"/control/batches/{batch}/")
    page.get_by_role("button", name="intact").click()
    expect(page.get_by_text("gets the answer")).to_be_visible()
    waits(web, batch, "p2")
    page.goto(f"/control/batches/{batch}/")
    page.get_by_label("Answer").fill("3")
    page.get_by_role("button", name="Send the answer").click()
    waits(web, batch, "p3")
