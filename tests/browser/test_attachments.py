"""Files that steps keep, on the page of their batch: live, after a reload, shown and saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Login
from tests.browser.web_station import WebStation

pytestmark = pytest.mark.any_database


def files(page: Page) -> list[str]:
    """What stands below the steps, once its picture is loaded."""
    page.wait_for_function("document.querySelector('.b-attachments img')?.naturalWidth === 320")
    return [" ".join(text.split()) for text in page.locator(".b-attachment").all_inner_texts()]


def test_files_appear_while_the_batch_runs_and_are_there_later(login: Login, web: WebStation):
    page = login("viewer")
    batch = web.submit("keeper", parameters={"wait": 6})
    page.goto(f"/control/batches/{batch}/")
    first = ["notes.txt 20 bytes", "answer.csv 25.4 KiB"]
    expect(page.locator(".b-thumbnail img")).to_be_visible(timeout=20_000)
    live = files(page)
    assert (live[:2], live[2].startswith("board.png "), web.batch(batch)["state"]) == (first, True, "RUNNING")
    web.wait_for(batch, "COMPLETED")
    expect(page.locator(".b-attachment")).to_have_count(4)
    expect(page.get_by_text("kept file notes.txt (20 bytes)")).to_have_count(1)
    live = files(page)
    page.reload()
    assert files(page) == live


def test_a_file_is_saved_and_a_picture_opens(login: Login, web: WebStation, tmp_path: Path):
    page = login("viewer")
    batch = web.submit("keeper")
    web.wait_for(batch, "COMPLETED")
    page.goto(f"/control/batches/{batch}/")
    with page.expect_download() as saving:
        page.get_by_role("link", name="notes.txt").click()
    saving.value.save_as(tmp_path / "saved")
    assert (saving.value.suggested_filename, (tmp_path / "saved").read_text()) == ("notes.txt", "the cable was loose\n")
    with page.expect_popup() as opening:
        page.get_by_role("link", name="Open picture board.png").click()
    picture = opening.value
    picture.wait_for_load_state()
    assert picture.evaluate("document.images[0].naturalHeight") == 200
