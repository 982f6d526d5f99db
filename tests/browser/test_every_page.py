"""Every page: no error, nothing from elsewhere, nothing serious for a screen reader, no English in Korean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Login
from tests.browser.visited_pages import Story, addresses, tell_story
from tests.browser.web_station import WebStation

NAMES = sorted(addresses(Story("", "", "", "")))
LATIN_SENTENCE = re.compile(r"\b[A-Z]?[a-z]+(?: [a-z]+){3,}")
BEGINNING = 30  # characters of a sentence that lists may shorten


@pytest.fixture(scope="module")
def story(web: WebStation) -> Story:
    return tell_story(web)


@pytest.fixture(scope="module")
def pages(story: Story) -> dict[str, str]:
    return addresses(story)


@pytest.fixture(scope="module")
def as_written(web: WebStation, story: Story) -> set[str]:
    """How texts begin that stay as authors and drivers wrote them. Why a batch was stopped is told in Korean."""
    texts = set(every_text(web.get("/api/sequences/")))
    for batch in (story.passed, story.failed):
        texts |= set(every_text([web.batch(batch), web.get(f"/api/control/batches/{batch}/events/?limit=1000")]))
    return {text[:BEGINNING] for text in texts if LATIN_SENTENCE.search(text)}


def every_text(answer: Any) -> Iterator[str]:
    if isinstance(answer, str):
        yield answer
    elif isinstance(answer, dict | list):
        for each in answer.values() if isinstance(answer, dict) else answer:
            yield from every_text(each)


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page


def serious(found: Any) -> list[str]:
    bad = [each for each in found.response["violations"] if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {node['html'][:160]}" for each in bad for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_page_bars_nobody(name: str, scheme: str, login: Login, pages: dict[str, str]):
    # A page that is not there complains in the browser's console, as it should.
    page = login("administrator", complain=name != "batch-unknown", color_scheme=scheme)
    assert serious(Axe().run(opened(page, pages[name]))) == []


@pytest.mark.parametrize("name", NAMES)
def test_page_fits_a_phone(name: str, login: Login, pages: dict[str, str]):
    page = login("administrator", complain=False, viewport={"width": 390, "height": 844})
    opened(page, pages[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_role("button", name="Emergency stop").first.is_visible()


@pytest.mark.parametrize("name", NAMES)
def test_page_speaks_korean(name: str, login: Login, pages: dict[str, str], as_written: set[str]):
    page = login("administrator", complain=False, locale="ko-KR")
    opened(page, pages[name])
    assert page.evaluate("document.documentElement.lang") == "ko"
    texts = [text for text in re.split(r"[\n\t]", page.locator("body").inner_text()) if LATIN_SENTENCE.search(text)]
    assert [text for text in texts if not any(beginning in text for beginning in as_written)] == []
