"""`make screenshots`: every page, light and dark, wide and phone, in both languages, into `screenshots/`."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Login
from tests.browser.web_station import WebStation
from tests.installations import HOUSE

FOLDER = HOUSE / "screenshots"
HEIGHTS = {1440: 900, 390: 844}  # of the window, by its width; CSS pixels
every_look = pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [(language, scheme, width) for language in ("en-GB", "ko-KR") for scheme in ("light", "dark") for width in HEIGHTS],
)


@pytest.fixture
def look(login: Login, language: str, scheme: str, width: int) -> Page:
    size = {"width": width, "height": HEIGHTS[width]}
    return login("administrator", complain=False, locale=language, color_scheme=scheme, viewport=size)


@every_look
def test_pictures_at_rest(look: Page, language: str, scheme: str, width: int, pages: dict[str, str]):
    for name, address in pages.items():
        look.goto(address)
        look.wait_for_load_state("networkidle")
        look.screenshot(path=FOLDER / f"{name}-{width}-{scheme}-{language[:2]}.png", full_page=True)


@every_look
def test_pictures_while_batches_run(look: Page, language: str, scheme: str, width: int, web: WebStation):
    slots = ("demo/slot-1", "demo/slot-2", "demo/slot-2")
    subjects = zip(slots, ("SN-0101", "SN-0102", "SN-0103"), strict=True)
    first, *_ = [web.submit(slot=slot, subject=subject, parameters={"burn_in_time": 60}) for slot, subject in subjects]
    web.wait_for(first, "RUNNING")
    look.goto(f"/control/batches/{first}/")
    look.locator("#steps").get_by_text("burn_in").first.wait_for()
    look.wait_for_timeout(12_000)  # until the longest step has something to show
    look.screenshot(path=FOLDER / f"batch-live-{width}-{scheme}-{language[:2]}.png", full_page=True)
    for name in ("queue", "workers"):
        look.goto(f"/control/{name}/")
        look.wait_for_timeout(500)
        look.screenshot(path=FOLDER / f"{name}-live-{width}-{scheme}-{language[:2]}.png", full_page=True)
    look.goto("/control/")
    look.locator("#live [data-key]").nth(1).wait_for()
    look.wait_for_timeout(1500)
    look.screenshot(path=FOLDER / f"overview-live-{width}-{scheme}-{language[:2]}.png", full_page=True)
