"""The queue and the workers in a browser: moved by mouse, keys and plain forms, and true without a reload."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Login
from tests.browser.web_station import WebStation

pytestmark = pytest.mark.any_database


@pytest.fixture
def line(web: WebStation) -> Iterator[list[str]]:
    """One batch runs on slot-1, and three wait behind it."""
    order = {"slot": "demo/slot-1", "parameters": {"burn_in_time": 60}}
    running = web.submit(name="Running", **order)
    web.wait_for(running, "RUNNING")
    yield [web.submit(name=name, **order) for name in ("One", "Two", "Three")]
    for batch in web.get("/api/control/batches/?state=QUEUED")["results"]:
        web.post(f"/api/control/batches/{batch['id']}/stop/")


def shows(page: Page, *names: str) -> None:
    expect(page.locator(".q-row .q-about p:first-child a")).to_have_text(list(names))


def test_operator_moves_what_waits_and_everybody_sees_it(login: Login, web: WebStation, line: list[str]):
    operator, viewer = login("operator"), login("viewer")
    for page in (operator, viewer):
        page.goto("/control/queue/")
        shows(page, "One", "Two", "Three")
    expect(viewer.get_by_role("button", name="Move Two up")).to_have_count(0)
    expect(operator.get_by_text("Running runs there.")).to_be_visible()
    operator.get_by_role("button", name="Move Three up").focus()
    operator.keyboard.press("Enter")
    shows(operator, "One", "Three", "Two")
    shows(viewer, "One", "Three", "Two")
    expect(operator.get_by_role("button", name="Move Three up")).to_be_focused()
    operator.get_by_label("Priority of Two").select_option("Urgent")
    shows(operator, "Two", "One", "Three")
    shows(viewer, "Two", "One", "Three")
    expect(operator.get_by_text("Two waits in place 1, with priority Urgent.")).to_be_visible()
    web.post(f"/api/control/batches/{line[0]}/stop/")
    shows(operator, "Two", "Three")
    asked = web.get(f"/api/control/batches/{line[1]}/control-events/")["results"]
    assert [event["by"] for event in asked if event["kind"] == "BATCH_MOVE"] == ["operator"]


def test_queue_is_moved_without_scripts(login: Login, line: list[str]):
    page = login("operator", java_script_enabled=False)
    page.goto("/control/queue/")
    page.get_by_role("button", name="Move Three to the front").click()
    shows(page, "Three", "One", "Two")
    row = page.locator(".q-row", has=page.get_by_text("Two", exact=True))
    row.get_by_role("combobox").select_option("High")
    row.get_by_role("button", name="Set").click()
    expect(page.get_by_text("with priority High.")).to_be_visible()
    shows(page, "Two", "Three", "One")


def test_workers_show_what_runs_and_where(login: Login, line: list[str]):
    page = login("viewer")
    page.goto("/control/workers/")
    slot = page.locator(".w-places li", has=page.get_by_text("slot-1", exact=True))
    expect(slot.get_by_role("link", name="Running")).to_be_visible()
    expect(slot.get_by_text("guard")).to_be_visible()
    expect(page.get_by_text("alive")).to_be_visible()
    expect(page.locator("meter")).to_be_visible()
