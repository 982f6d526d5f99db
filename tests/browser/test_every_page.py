"""Every page: no error, nothing from elsewhere, nothing serious for a screen reader, no English in Korean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Login
from tests.browser.visited_pages import Story, addresses, open_dialogs, tell_story
from tests.browser.web_station import WebStation

pytestmark = pytest.mark.any_database

NAMES = sorted(addresses(Story("", "", "", "")))
LATIN_SENTENCE = re.compile(r"\b[A-Z]?[a-z]+(?: [a-z]+){3,}")
# What stands in the list of steps and reaches beyond its card, or lies over what stands beside it in its row.
STICKING_OUT = """() => {
  const box = (node) => node.getBoundingClientRect();
  const before = (end, begin) => end <= begin + 1;
  const beside = (a, b) => before(a.right, b.left) || before(b.right, a.left);
  const apart = (a, b) => beside(a, b) || before(a.bottom, b.top) || before(b.bottom, a.top);
  const card = box(document.getElementById("steps").closest(".g-card"));
  const beyond = [...document.querySelectorAll("#steps *")].filter((node) => box(node).right > card.right + 1);
  const covers = (one, other) => one !== other && box(one).width && box(other).width && !apart(box(one), box(other));
  const over = [...document.querySelectorAll(".b-measurement")].flatMap(({ children: [...parts] }) =>
    parts.filter((one) => parts.some((other) => covers(one, other))));
  return [...beyond, ...over].map(({ className, textContent }) => `${className}: ${textContent.slice(0, 30)}`);
}"""
OPEN_DIALOG = ".g-dialog:popover-open"
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
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


@pytest.mark.parametrize("name", NAMES)
def test_page_bars_nobody_in_any_look(name: str, login: Login, pages: dict[str, str]):
    # A page that is not there complains in the browser's console, as it should.
    page = opened(login("administrator", complain=name != "batch-unknown", color_scheme="light"), pages[name])
    assert serious(Axe().run(page)) == []
    page.emulate_media(color_scheme="dark")
    opened(page, pages[name])
    assert page.locator("html.dark").count() == 1
    assert serious(Axe().run(page, options=COLOURS)) == []  # the rest is the same page
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_role("button", name="Emergency stop").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_bar_nobody(scheme: str, login: Login, web: WebStation, pages: dict[str, str]):
    page = login("administrator", color_scheme=scheme)
    batch = web.submit("stages")
    web.wait_for(batch, "RUNNING")
    opened(page, f"/control/batches/{batch}/")
    found = [("live", serious(Axe().run(page)))]
    found += [(word, serious(Axe().run(page, OPEN_DIALOG))) for word in open_dialogs(page)]
    opened(page, pages["batch-stopped"])
    found += [(word, serious(Axe().run(page, OPEN_DIALOG))) for word in open_dialogs(page)]
    assert found == [(word, []) for word in ("live", "skip", "settings", "restart", "resume", "rerun")]


def test_dialogs_speak_korean(login: Login, web: WebStation, pages: dict[str, str]):
    page = login("administrator", locale="ko-KR")
    batch = web.submit("stages")
    web.wait_for(batch, "RUNNING")
    texts = []
    for address in (f"/control/batches/{batch}/", pages["batch-stopped"]):
        opened(page, address)
        texts += [page.locator(OPEN_DIALOG).inner_text() for _ in open_dialogs(page)]
    assert len(texts) == 5
    assert [text for text in texts if LATIN_SENTENCE.search(text)] == []


def test_measurements_stay_within_their_card(login: Login, pages: dict[str, str]):
    page = opened(login("administrator"), pages["batch-passed"])
    assert page.locator("#steps .b-measurement").count() > 10
    assert page.locator("#steps .b-plot").count() == 1
    for width in (390, 1024, 1100, 1280, 1366, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert (width, page.evaluate(STICKING_OUT)) == (width, [])


@pytest.mark.parametrize("name", NAMES)
def test_page_speaks_korean(name: str, login: Login, pages: dict[str, str], as_written: set[str]):
    page = login("administrator", complain=False, locale="ko-KR")
    opened(page, pages[name])
    assert page.evaluate("document.documentElement.lang") == "ko"
    texts = [text for text in re.split(r"[\n\t]", page.locator("body").inner_text()) if LATIN_SENTENCE.search(text)]
    assert [text for text in texts if not any(beginning in text for beginning in as_written)] == []
