"""Starting a batch from its form, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Login
from tests.browser.web_station import WebStation

pytestmark = pytest.mark.any_database


def test_a_run_is_started_with_other_values_from_the_page_of_an_old_one(login: Login, web: WebStation):
    page = login("operator", complain=False)  # a browser complains of every refusal
    old = web.submit("stages", subject="SN-again", parameters={"wait": 0.25, "speed": "fast", "loud": True})
    web.wait_for(old, "COMPLETED")
    page.goto(f"/control/batches/{old}/")
    page.get_by_role("link", name="Start another with these values").click()
    expect(page.get_by_label("Subject")).to_have_value("SN-again")
    expect(page.get_by_label("Wait")).to_have_value("0.25")
    expect(page.get_by_label("Speed")).to_have_value("fast")
    expect(page.get_by_role("switch", name="Loud")).to_be_checked()
    field = page.locator(".g-field", has=page.get_by_label("Wait"))
    expect(field.get_by_text("0 … 3600 s")).to_be_visible()
    expect(field.get_by_text("May be changed while it runs")).to_be_visible()
    page.get_by_label("Wait").fill("4000")
    page.get_by_label("Wait").press("Tab")
    expect(field.get_by_text("Expected: a number from 0 to 3600 s.")).to_be_visible()
    page.get_by_role("switch", name="Loud").click()
    page.get_by_role("button", name="Start batch").click()
    expect(field.get_by_text("Parameter 'wait' must be a number from 0 to 3600 s, it is 4000.")).to_be_visible()
    expect(page.get_by_label("Wait")).to_have_value("4000")
    expect(page.get_by_label("Wait")).to_be_focused()
    expect(page.get_by_role("switch", name="Loud")).not_to_be_checked()
    page.get_by_label("Wait").fill("1e-1")
    page.get_by_role("button", name="Start batch").click()
    page.wait_for_url(lambda url: "/new/" not in url)
    new = web.batch(page.url.rstrip("/").rpartition("/")[2])
    assert new["parameters"] == {"wait": 0.1, "speed": "fast", "loud": False, "fail": False}
    assert new["units"] == {"wait": "s"}


def test_two_runs_are_compared_from_the_page_of_one(login: Login, web: WebStation):
    page = login("viewer")
    before = web.submit("stages", subject="SN-cmp", parameters={"wait": 0.1})
    web.wait_for(before, "COMPLETED")
    after = web.submit("stages", subject="SN-cmp", parameters={"wait": 0.2, "fail": True})
    web.wait_for(after, "COMPLETED")
    page.goto(f"/control/batches/{after}/")
    page.get_by_role("link", name="Compare with another run").click()
    page.get_by_label("Compare with").fill(before)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(f"**/{after}/compare/{before}/")
    expect(page.get_by_role("row", name="Differs wait 0.2 s 0.1 s")).to_be_visible()
    page.get_by_role("link", name="Only differences").click()
    expect(page.get_by_role("rowheader", name="wait")).to_be_visible()
    expect(page.get_by_role("rowheader", name="loud")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "wait,0.2,0.1" in download.value.path().read_text("utf-8-sig")
