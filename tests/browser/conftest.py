"""Pages in the system's Chromium, against a whole installation. Without a Chromium they are skipped, and say so.

The files of this folder share one browser and one installation in each process of the tests: what a test needs to be
alone with, it brings along or takes away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.visited_pages import Story, addresses, tell_story
from tests.browser.web_station import WebStation
from tests.browser.windows import Windows
from tests.chromium import chromium
from tests.installations import Template, wait_until

QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
Login = Callable[..., Page]


@pytest.fixture(scope="package")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """Ends with the tests of this folder: whoever drives one has an event loop, which others could not bear."""
    path = chromium(pytestconfig)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET.split())
        yield opened
        opened.close()


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
def story(web: WebStation) -> Story:
    return tell_story(web)


@pytest.fixture(scope="package")
def pages(story: Story) -> dict[str, str]:
    return addresses(story)


@pytest.fixture(scope="package")
def windows(browser: Browser, web: WebStation) -> Windows:
    return Windows(browser, web)


@pytest.fixture
def login(windows: Windows, web: WebStation) -> Iterator[Login]:
    """Open a browser window of its own for a user. At the end no page may have met an error or a stranger's address."""
    taken: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(user: str = "operator", *, complain: bool = True, **options: Any) -> Page:
        context = windows.take(user, **{"locale": "en-GB", **options})
        context.set_default_timeout(15_000)
        taken.append(context)
        page = context.new_page()
        if complain:
            page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
            page.on(
                "console", lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None
            )
        page.on("request", lambda asked: None if _is_ours(asked.url, web.address) else complaints.append(asked.url))
        return page

    yield opened
    for context in taken:
        windows.give_back(context)
    web.calm()
    assert complaints == []


def _is_ours(url: str, address: str) -> bool:
    return url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:"))
