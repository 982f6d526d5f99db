"""`manage.py start` of one installation, as the person at its terminal and one at a browser see it."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from tests.installations import wait_until
from tests.system.running_station import RunningStation


class Started(RunningStation):
    """Its processes and what its terminal shows."""

    def start(self, *arguments: str) -> Started:
        """Start at a free port and wait for the last line of the welcome."""
        self.process = self.installation.start("start", "--port", "0", *arguments)
        wait_until(lambda: "Ctrl-C" in self.output or self.process.poll() is not None, 40, "the welcome")
        assert self.process.poll() is None, self.output
        return self

    def line(self, label: str) -> str:
        """What stands behind a label of the welcome."""
        return re.search(rf"^  {label} +(.*)$", self.output, re.MULTILINE)[1]

    @property
    def address(self) -> str:
        return re.search(r"http://[^/\s]+", self.line("later"))[0]

    @property
    def link(self) -> str:
        return re.search(r"^http://\S+$", self.output, re.MULTILINE)[0]

    @property
    def secret(self) -> str:
        return re.search("#([^&]+)&next=", self.link)[1]

    @property
    def demo(self) -> str:
        return re.search("/control/batches/([^/]+)/", self.link)[1]

    def answers(self) -> bool:
        try:
            return self.browser().get("/api/health/") == 200
        except OSError:
            return False

    def browser(self) -> Browser:
        return Browser(self.address)

    def logged_in(self) -> Browser:
        browser = self.browser()
        assert browser.use_link(self.secret) == (200, f"{self.address}/control/")
        return browser

    def is_over(self) -> None:
        """Wait until nothing of it is left, and see that everything is off."""
        wait_until(lambda: not self.installation.processes(), 10, "the end of all processes")
        assert self.bench.last_reply("OUTP?") == "0"


class Browser:
    """Cookies and forms, without scripts."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> int:
        return self._open(path)[0]

    def use_link(self, secret: str) -> tuple[int, str]:
        """What the script of the link's page does; status and address of the page it leads to."""
        self.get("/control/login-link/")
        token = next(cookie.value for cookie in self.cookies if cookie.name == "gwanje_csrf")
        return self._open("/control/login-link/", {"secret": secret, "next": "/control/", "csrfmiddlewaretoken": token})

    def cookie_header(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)

    def _open(self, path: str, form: dict[str, Any] | None = None) -> tuple[int, str]:
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self._opener.open(self.address + path, data, timeout=10) as answer:
                return answer.status, answer.url
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.url
