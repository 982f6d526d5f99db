"""Browser profiles that tests use one after the other: what a profile has fetched and compiled once stays there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.browser.web_station import WebStation

# All that pages can leave in a browser, but for what they were sent as unchanging.
LEFT = "cookies,local_storage,session_storage,indexeddb,websql,service_workers,cache_storage"


class Windows:
    """Profiles of users with their options (language, size, colour scheme …), each in the hands of one test."""

    def __init__(self, browser: Browser, web: WebStation) -> None:
        self.browser, self.web = browser, web
        self._session: Callable[[str], Any] = cache(lambda user: web.cookies(user))
        self._free: dict[str, list[BrowserContext]] = defaultdict(list)
        self._home: dict[BrowserContext, list[BrowserContext]] = {}

    def take(self, user: str, **options: Any) -> BrowserContext:
        """A profile in which the user has logged in and nothing else has happened."""
        free = self._free[f"{user} {sorted(options.items())}"]
        context = free.pop() if free else self.browser.new_context(base_url=self.web.address, **options)
        context.add_cookies(self._session(user))
        self._home[context] = free
        return context

    def give_back(self, context: BrowserContext) -> None:
        """Close its pages and forget what they left behind."""
        for page in context.pages:
            page.close()
        blank = context.new_page()
        forgotten = {"origin": self.web.address, "storageTypes": LEFT}
        context.new_cdp_session(blank).send("Storage.clearDataForOrigin", forgotten)
        context.clear_cookies()
        blank.close()
        self._home.pop(context).append(context)
