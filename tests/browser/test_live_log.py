"""The live log under load, and over a restart of the web process: no line lost, none twice, the page stays light."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Login
from tests.browser.web_station import WebStation
from tests.installations import wait_until

pytestmark = pytest.mark.any_database

LINES = 10_000


def events_of(web: WebStation, batch: str) -> int:
    """How many events the story holds, by the database itself."""
    sql = f"SELECT last_seq FROM control_stream WHERE name = 'batch/{batch}'"
    return int(web.installation.query(sql)[0][0])


def counted(page: Page, what: str) -> int:
    """What the page says it has received."""
    return int(page.locator("[data-events]").get_attribute(f"data-{what}") or 0)


def test_no_line_is_lost_at_2000_a_second_and_the_page_stays_light(login: Login, web: WebStation):
    page = login("viewer")
    batch = web.submit("chatty", parameters={"lines": LINES, "rate": 2000})
    page.goto(f"/control/batches/{batch}/")
    web.wait_for(batch, "COMPLETED", timeout_s=60)
    wait_until(lambda: page.locator("[data-ended]").count(), 30, "the end of the story")
    assert counted(page, "lines") == LINES
    assert page.locator(".b-log-lines li").count() == 500
    expect(page.get_by_text(f"line {LINES - 1}", exact=True)).to_be_visible()


def test_a_page_catches_up_after_the_web_process_was_killed(login: Login, web: WebStation):
    page = login("viewer", complain=False)  # a browser complains of a socket that it loses
    batch = web.submit("chatty", parameters={"lines": 3000, "rate": 300})
    page.goto(f"/control/batches/{batch}/")
    wait_until(lambda: counted(page, "lines") > 300, 20, "the first lines")
    with page.expect_websocket():  # a new one: the next web process may be there before the page says it is offline
        os.kill(web.pid_of_web(), signal.SIGKILL)
    wait_until(lambda: page.locator("[data-ended]").count(), 60, "the end of the story")
    assert counted(page, "lines") == 3000
    assert counted(page, "events") == events_of(web, batch)
