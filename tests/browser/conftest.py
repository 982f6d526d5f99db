"""Pages in the system's Chromium, against a whole installation. Without a Chromium they are skipped, and say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.visited_pages import Story, addresses, tell_story
from tests.browser.web_station import WebStation
from tests.chromium import chromium
from tests.installations import Template, wait_until

QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
Login = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """Ends with the tests of its file: whoever drives one has an event loop, which other tests could not bear."""
    path = chromium(pytestconfig)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET.split())
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def web(browser: Browser, installation_template: Template, tmp_path_factory: Any) -> Iterator[WebStation]:
    installation = installation_template.install(tmp_path_factory.mktemp("web"))
    try:
        station = WebStation(installation).start()
        yield station
        assert station.bench.left_on() == []
        station.stop()
        wait_until(lambda: not installation.processes(), 5, "a station without orphans")
    finally:
        installation.remove()


@pytest.fixture(scope="module")
def story(web: WebStation) -> Story:
    return tell_story(web)


@pytest.fixture(scope="module")
def pages(story: Story) -> dict[str, str]:
    return addresses(story)


@pytest.fixture(scope="module")
def logged_in(web: WebStation) -> Callable[[str], Any]:
    """The cookies of a user, made once per file."""
    return cache(lambda user: {"cookies": web.cookies(user), "origins": []})


@pytest.fixture
def login(browser: Browser, web: WebStation, logged_in: Callable[[str], Any]) -> Iterator[Login]:
    """Open a browser window of its own for a user. At the end no page may have met an error or a stranger's address."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(user: str = "operator", *, complain: bool = True, **options: Any) -> Page:
        context = browser.new_context(
            base_url=web.address, storage_state=logged_in(user), **{"locale": "en-GB", **options}
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        if complain:
            page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
            page.on(
                "console", lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None
            )
        page.on("request", lambda asked: None if _is_ours(asked.url, web.address) else complaints.append(asked.url))
        return page

    yield opened
    for context in contexts:
        context.close()
    web.calm()
    assert complaints == []


def _is_ours(url: str, address: str) -> bool:
    return url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:"))
