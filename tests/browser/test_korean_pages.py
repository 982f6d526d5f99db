"""Every page in Korean: no English sentence but what authors and drivers wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import Login
from tests.browser.visited_pages import OPEN_DIALOG, Story, open_dialogs, opened, visit
from tests.browser.web_station import WebStation

pytestmark = pytest.mark.any_database

LATIN_SENTENCE = re.compile(r"\b[A-Z]?[a-z]+(?: [a-z]+){3,}")
BEGINNING = 30  # characters of a sentence that lists may shorten


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


def test_pages_speak_korean(login: Login, pages: dict[str, str], as_written: set[str]):
    for name, page in visit(login, pages, locale="ko-KR"):
        assert (name, page.evaluate("document.documentElement.lang")) == (name, "ko")
        texts = re.split(r"[\n\t]", page.locator("body").inner_text())
        english = [text for text in texts if LATIN_SENTENCE.search(text)]
        assert (name, [text for text in english if not any(known in text for known in as_written)]) == (name, [])


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
