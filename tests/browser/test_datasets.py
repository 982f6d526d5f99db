"""Uploading a folder through the page, and looking at what was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import barriers
from tests.browser.conftest import Login
from tests.browser.web_station import WebStation
from tests.control.datasets.pictures import picture
from tests.installations import wait_until

pytestmark = pytest.mark.any_database

FILES = 250


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Path:
    """250 pictures in two folders, one of them broken, and what a system leaves beside them."""
    top = tmp_path_factory.mktemp("upload") / "line 3"
    for number in range(FILES):
        file = top / ("a" if number % 2 else "b") / f"{number:03}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(60 + number, 40, "PNG"))
    (top / "a" / "001.png").write_bytes(b"no picture")
    (top / ".DS_Store").write_bytes(b"hidden")
    return top


def choose(page: Page, folder: Path) -> None:
    with page.expect_file_chooser() as opened:
        page.get_by_role("button", name="Choose a folder").click()
    opened.value.set_files(folder)


def test_folder_is_uploaded_in_portions_and_read(login: Login, web: WebStation, folder: Path):
    page = login()
    page.goto("/control/datasets/")
    portions: list[str] = []
    page.on(
        "request",
        lambda asked: portions.append(asked.url) if "/files/" in asked.url and asked.method == "POST" else None,
    )
    choose(page, folder)
    expect(page.locator("[data-chosen]")).to_have_text(
        f"{FILES} files, 48.5 KiB 1 hidden files are left out.".replace("48.5", size_of(folder))
    )
    expect(page.get_by_label("Name", exact=True)).to_have_value("line 3")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/control/datasets/*-*/")
    expect(page.locator(".d-head .g-badge")).to_have_text("Ready", timeout=30_000)
    assert len(portions) == 3
    expect(page.locator(".d-file")).to_have_count(60)
    expect(page.locator(".d-file").first).to_contain_text("line 3/a/001.png".rpartition("/")[2])
    expect(page.locator(".d-file").first).to_contain_text("its content is no image that can be read")
    drawn = page.locator(".d-file img").first
    drawn.scroll_into_view_if_needed()
    page.wait_for_function("image => image.naturalWidth > 0", arg=drawn.element_handle())
    dataset = named(web)["line 3"]
    assert (dataset["total_files"], dataset["bad_files"], dataset["created_by"]) == (FILES, 1, "operator")


def named(web: WebStation) -> dict[str, Any]:
    """The datasets by their names: the station is shared with other tests."""
    return {dataset["name"]: dataset for dataset in web.get("/api/datasets/")["results"]}


def size_of(folder: Path) -> str:
    return f"{sum(file.stat().st_size for file in folder.glob('*/*')) / 1024:,.1f}".removesuffix(".0")


def test_portion_that_fails_is_sent_again_and_nothing_twice(login: Login, web: WebStation, folder: Path):
    page = login(complain=False)  # the browser itself complains of a request that breaks off
    page.goto("/control/datasets/")
    broken: list[str] = []

    def break_second(route: Route) -> None:
        if len(broken) < 1:
            broken.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/api/datasets/*/files/", break_second)
    choose(page, folder)
    page.get_by_label("Name", exact=True).fill("again")
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/control/datasets/*-*/")
    expect(page.locator(".d-head .g-badge")).to_have_text("Ready", timeout=30_000)
    found = named(web)
    assert (found["again"]["total_files"], found["again"]["sha256"]) == (FILES, found["line 3"]["sha256"])


def test_dropped_files_are_taken_and_what_is_refused_is_named(login: Login, web: WebStation):
    page = login()
    page.goto("/control/datasets/")
    dropped = page.evaluate_handle(
        """() => {
          const transfer = new DataTransfer();
          for (const [name, text] of [["good.txt", "1"], ["same", "1"], ["same", "2"], [".hidden", "x"]])
            transfer.items.add(new File([text], name));
          return transfer;
        }"""
    )
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": dropped})
    expect(page.locator("[data-chosen]")).to_have_text("3 files, 3 bytes 1 hidden files are left out.")
    page.get_by_label("Name", exact=True).fill("dropped")
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("[data-refused]")).to_contain_text("same: Another file of this name was sent before")
    page.get_by_role("link", name="To the dataset").click()
    page.get_by_role("button", name="Everything has been sent").click()
    expect(page.locator(".d-head .g-badge")).to_have_text("Ready", timeout=30_000)
    expect(page.locator(".d-file")).to_have_count(2)
    page.get_by_role("button", name="Delete …").click()
    page.locator("#delete-dialog").get_by_role("button", name="Delete", exact=True).click()
    page.wait_for_url("**/control/datasets/")


def test_only_problems_are_shown_on_demand(login: Login, web: WebStation):
    page = login("viewer")
    page.goto("/control/datasets/")
    page.locator(".d-card", has_text="line 3").locator(".d-bad").click()
    expect(page.locator(".d-file")).to_have_count(1)
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_datasets_bar_nobody(login: Login, web: WebStation, scheme: str):
    page = login(color_scheme=scheme)
    page.goto("/control/datasets/")
    assert barriers(page) == []
    mixed = web.upload("mixed", {"a.png": picture(), "empty.png": b"", "notes.txt": b"text", "sub/data": bytes(9)})
    page.goto(f"/control/datasets/{mixed}/")
    page.locator(".d-file").first.wait_for()
    assert barriers(page) == []
    page.get_by_role("button", name="Delete …").click()
    assert barriers(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_analysis_that_was_done_is_done_afresh_on_demand(login: Login, web: WebStation):
    tiles = web.upload("tiles", {f"{number}.png": picture() for number in range(4)})
    page = login()
    page.goto(f"/control/datasets/{tiles}/")
    page.get_by_role("button", name="Overview", exact=True).click()
    expect(page.locator("#result-image_attributes")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Overview", exact=True).click()
    afresh = page.get_by_role("button", name="Do it afresh")
    expect(afresh).to_be_in_viewport()
    assert barriers(page) == []
    afresh.click()
    expect(page.get_by_text("Do it afresh")).to_have_count(0)
    expect(page.locator(".d-batches li")).to_have_count(2)


def test_deleted_dataset_is_gone_with_its_files(login: Login, web: WebStation):
    page = login(complain=False)  # thumbnails that were about to be loaded may be gone
    page.goto("/control/datasets/")
    gone = named(web)["again"]["id"]
    page.get_by_role("link", name="again").click()
    page.get_by_role("button", name="Delete …").click()
    page.locator("#delete-dialog").get_by_role("button", name="Delete", exact=True).click()
    page.wait_for_url("**/control/datasets/")
    expect(page.get_by_role("link", name="again")).to_have_count(0)
    folder = web.installation.data / "datasets" / gone
    wait_until(lambda: not folder.exists(), 30, "the files to be cleared away")
    assert "again" not in named(web)
