"""Every page: no error, nothing from elsewhere, nothing serious for a screen reader, nothing beyond a phone, and in
Korean no English sentence but what authors and drivers wrote.

The first two tests look at what the story left, before the others add to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import COLOURS, WITHOUT_LINKS, barriers
from tests.browser.conftest import Login
from tests.browser.visited_pages import OPEN_DIALOG, Story, open_dialogs, opened, visit
from tests.browser.web_station import WebStation

pytestmark = pytest.mark.any_database

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
LATIN_SENTENCE = re.compile(r"\b[A-Z]?[a-z]+(?: [a-z]+){3,}")
BEGINNING = 30  # characters of a sentence that lists may shorten
SCREEN, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}  # CSS pixels


@pytest.fixture(scope="module")
def as_written(web: WebStation, story: Story) -> set[str]:
    """How texts begin that stay as authors and drivers wrote them. Why a batch was stopped is told in Korean."""
    texts = set(every_text(web.get("/api/sequences/")))
    for name in ("board_test", "step_loop"):
        sequence = web.get(f"/api/sequences/{name}/")
        texts |= {*every_text(sequence), *sequence["readme"].splitlines()}
    for batch in (story.passed, story.failed, story.kept):
        texts |= set(every_text([web.batch(batch), web.get(f"/api/control/batches/{batch}/events/?limit=1000")]))
    return {text[:BEGINNING] for text in texts if LATIN_SENTENCE.search(text)}


def every_text(answer: Any) -> Iterator[str]:
    if isinstance(answer, str):
        yield answer
    elif isinstance(answer, dict | list):
        for each in answer.values() if isinstance(answer, dict) else answer:
            yield from every_text(each)


def test_pages_bar_nobody(login: Login, pages: dict[str, str]):
    """In the light all rules; in the dark, into which an open page follows its system, those of colours; on a phone."""
    found = {}
    for name, page in visit(login, pages, color_scheme="light", reduced_motion="reduce"):
        part = WITHOUT_LINKS if found else None
        light = barriers(page, part)
        page.emulate_media(color_scheme="dark")
        expect(page.locator("html.dark"), name).to_have_count(1)
        found[name] = light + barriers(page, part, COLOURS)
        page.set_viewport_size(PHONE)
        assert (name, page.evaluate("document.documentElement.scrollWidth")) == (name, PHONE["width"])
        assert (name, page.get_by_role("button", name="Emergency stop").first.is_visible()) == (name, True)
        page.set_viewport_size(SCREEN)
        page.emulate_media(color_scheme="light")
    assert {name: bad for name, bad in found.items() if bad} == {}


def test_pages_speak_korean(login: Login, pages: dict[str, str], as_written: set[str]):
    for name, page in visit(login, pages, locale="ko-KR"):
        assert (name, page.evaluate("document.documentElement.lang")) == (name, "ko")
        texts = re.split(r"[\n\t]", page.locator("body").inner_text())
        english = [text for text in texts if LATIN_SENTENCE.search(text)]
        assert (name, [text for text in english if not any(known in text for known in as_written)]) == (name, [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_bar_nobody(scheme: str, login: Login, web: WebStation, pages: dict[str, str]):
    page = login("administrator", color_scheme=scheme)
    batch = web.submit("stages")
    web.wait_for(batch, "RUNNING")
    opened(page, f"/control/batches/{batch}/")
    found = [("live", barriers(page))]
    found += [(word, barriers(page, OPEN_DIALOG)) for word in open_dialogs(page)]
    opened(page, pages["batch-stopped"])
    found += [(word, barriers(page, OPEN_DIALOG)) for word in open_dialogs(page)]
    assert found == [(word, []) for word in ("live", "skip", "settings", "restart", "resume", "rerun")]


def test_measurements_stay_within_their_card(login: Login, pages: dict[str, str]):
    page = opened(login("administrator"), pages["batch-passed"])
    assert page.locator("#steps .b-measurement").count() > 10
    assert page.locator("#steps .b-plot").count() == 1
    for width in (390, 1024, 1100, 1280, 1366, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert (width, page.evaluate(STICKING_OUT)) == (width, [])


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
