"""Batches over items in a browser: the grid lives, failed items tell why, analyses begin on the page of a dataset."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Page, expect

from tests.browser.accessibility import barriers
from tests.browser.conftest import Login
from tests.browser.web_station import WebStation

pytestmark = pytest.mark.any_database
PICTURES = 48


def drawn(number: int, light: int) -> bytes:
    """A picture that no other is equal to: stripes or noise, in one of three colours."""
    colours = [(light, 60, 40), (40, light, 80), (60, 70, light)]
    image = Image.effect_noise((96, 96), 20 + number).convert("RGB")
    if number % 2:
        image = image.filter(ImageFilter.GaussianBlur(3))
    image = Image.blend(image, Image.new("RGB", image.size, colours[number % 3]), 0.6)
    file = BytesIO()
    image.save(file, "JPEG")
    return file.getvalue()


def pictures(light: int) -> dict[str, bytes]:
    return {f"line-{number % 4}/{number:03}.jpg": drawn(number, light) for number in range(PICTURES)}


@pytest.fixture(scope="module")
def tiles(web: WebStation) -> str:
    return web.upload("tiles of bench 7", {**pictures(150), "empty.jpg": b"", "renamed.jpg": b"no picture"})


@pytest.fixture(scope="module")
def brighter(web: WebStation) -> str:
    return web.upload("brighter tiles", pictures(250))


def open_grid(page: Page, web: WebStation, tiles: str) -> str:
    batch = web.submit("image_batch", dataset=tiles, chunk_size=2)
    page.goto(f"/control/batches/{batch}/")
    return batch


def test_grid_lives_until_the_batch_ends_and_failed_tiles_open(login: Login, web: WebStation, tiles: str):
    page = login()
    batch = open_grid(page, web, tiles)
    expect(page.locator('.i-grid [data-state="COMPLETED"]').first).to_be_visible(timeout=60_000)
    web.wait_for(batch, "COMPLETED", "FAILED", timeout_s=90)
    expect(page.locator("[data-items=done]")).to_have_text(f"{PICTURES} / {PICTURES + 2}")
    expect(page.locator("[data-items=failed]")).to_have_text("2")
    expect(page.locator('.i-grid [data-state="RUNNING"], .i-grid [data-state="PENDING"]')).to_have_count(0)
    page.locator('.i-grid [data-state="FAILED"]').first.click()
    expect(page.locator("#chunk .i-why").first).to_contain_text("empty")
    expect(page.locator("#chunk .i-path a").first).to_have_text("empty.jpg")
    assert barriers(page, "#items") == []


def test_failed_items_are_run_again_by_a_button(login: Login, web: WebStation, tiles: str):
    page = login()
    old = open_grid(page, web, tiles)
    web.wait_for(old, "COMPLETED", "FAILED", timeout_s=90)
    page.goto(f"/control/batches/{old}/")
    page.get_by_role("button", name="Run the failed items again").click()
    page.wait_for_url(lambda address: old not in address)
    new = page.url.rstrip("/").rpartition("/")[2]
    web.wait_for(new, "COMPLETED", "FAILED", timeout_s=90)
    own = [chunk["items"] for chunk in web.get(f"/api/control/batches/{new}/chunks/")["results"]]
    assert sorted(index for items in own for index in items) == [0, PICTURES + 1]
    assert web.batch(new)["completed_items"] == PICTURES
    expect(page.locator("[data-items=done]")).to_have_text(f"{PICTURES} / {PICTURES + 2}")


def test_items_are_shown_without_scripts(login: Login, web: WebStation, tiles: str):
    page = login("viewer", java_script_enabled=False)
    batch = web.get(f"/api/control/batches/?dataset={tiles}&limit=1")["results"][0]["id"]
    page.goto(f"/control/batches/{batch}/")
    page.locator('.i-grid [data-state="FAILED"]').first.click()
    expect(page.locator("#chunk .i-why").first).to_be_visible()
    expect(page.get_by_role("button", name="Run the failed items again")).to_have_count(0)


def test_analyses_begin_on_the_page_of_a_dataset_and_show_plots(
    login: Login, web: WebStation, tiles: str, brighter: str
):
    page = login()
    page.goto(f"/control/datasets/{tiles}/")
    for name in ("Overview", "Clusters"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("button", name=name, exact=True)).to_be_disabled()
    expect(page.locator("#result-image_attributes")).to_be_visible(timeout=90_000)
    expect(page.locator("#result-image_clustering")).to_be_visible(timeout=90_000)
    expect(page.locator('[data-plots="image_attributes"] .p-plot')).to_have_count(10)
    expect(page.get_by_text("all images: 96 px")).to_have_count(2)  # where nothing differs nothing is drawn
    expect(page.locator('[data-plots="image_attributes"] .p-top').first).to_have_text(re.compile(r"^\d+%$"))
    expect(page.locator('[data-plots="image_clustering"] .p-point[data-index]')).to_have_count(PICTURES)
    page.locator('[data-plots="image_clustering"] .p-point[data-index]').first.click(force=True)
    shown = page.locator(".p-shown img")
    page.wait_for_function("image => image.naturalWidth > 0", arg=shown.element_handle())
    page.get_by_label("The other dataset").select_option(brighter)
    page.get_by_role("button", name="Drift", exact=True).click()
    expect(page.locator("#result-dataset_drift")).to_be_visible(timeout=90_000)
    expect(page.locator('[data-verdict="drifted"]').first).to_contain_text("drifted")
    expect(page.locator('[data-plots="dataset_drift"] .p-target').first).to_be_attached()
    page.get_by_role("button", name="Overview", exact=True).click()
    expect(page.get_by_text(re.compile("This was done .* ago"))).to_be_visible()
    assert barriers(page, ".d-page") == []
