"""Every page: no error, nothing from elsewhere, nothing serious for a screen reader, nothing beyond a phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Login
from tests.browser.visited_pages import OPEN_DIALOG, open_dialogs, opened, visit
from tests.browser.web_station import WebStation

pytestmark = pytest.mark.any_database

# What stands in the list of steps and reaches beyond its card, or lies over what stands beside it in its row.
STICKING_OUT = """() => {
  const box = (node) => node.getBoundingClientRect();
  const before = (end, begin) => end <= begin + 1;
  const beside = (a, b) => before(a.right, b.left) || before(b.right, a.left);
  const apart = (a, b) => beside(a, b) || before(a.bottom, b.top) || before(b.bottom, a.top);
  const card = box(document.getElementById("steps").closest(".g-card"));
  const beyond = [...document.querySelectorAll("#steps *")].filter((node) => box(node).right > card.right + 1);
  const covers = (one, other) => one !== other && box(one).width && box(other).width && !apart(box(one), box(other));
  const over = [...document.querySelectorAll(".b-measurement")].flatMap(({ children: [...parts] }) =>
    parts.filter((one) => parts.some((other) => covers(one, other))));
  return [...beyond, ...over].map(({ className, textContent }) => `${className}: ${textContent.slice(0, 30)}`);
}"""
VIOLATIONS = {"resultTypes": ["violations"]}
COLOURS = {**VIOLATIONS, "runOnly": ["color-contrast", "link-in-text-block"]}

SCREEN, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}  # CSS pixels


def serious(found: Any) -> list[str]:
    bad = [each for each in found.response["violations"] if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {node['html'][:160]}" for each in bad for node in each["nodes"]]


def test_pages_bar_nobody(login: Login, pages: dict[str, str]):
    """In the light all rules; in the dark, into which an open page follows its system, those of colours; on a phone."""
    found = {}
    for name, page in visit(login, pages, color_scheme="light", reduced_motion="reduce"):
        light = serious(Axe().run(page, options=VIOLATIONS))
        page.emulate_media(color_scheme="dark")
        expect(page.locator("html.dark"), name).to_have_count(1)
        found[name] = light + serious(Axe().run(page, options=COLOURS))
        page.set_viewport_size(PHONE)
        assert (name, page.evaluate("document.documentElement.scrollWidth")) == (name, PHONE["width"])
        assert (name, page.get_by_role("button", name="Emergency stop").first.is_visible()) == (name, True)
        page.set_viewport_size(SCREEN)
        page.emulate_media(color_scheme="light")
    assert {name: bad for name, bad in found.items() if bad} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_bar_nobody(scheme: str, login: Login, web: WebStation, pages: dict[str, str]):
    page = login("administrator", color_scheme=scheme)
    batch = web.submit("stages")
    web.wait_for(batch, "RUNNING")
    opened(page, f"/control/batches/{batch}/")
    found = [("live", serious(Axe().run(page)))]
    found += [(word, serious(Axe().run(page, OPEN_DIALOG))) for word in open_dialogs(page)]
    opened(page, pages["batch-stopped"])
    found += [(word, serious(Axe().run(page, OPEN_DIALOG))) for word in open_dialogs(page)]
    assert found == [(word, []) for word in ("live", "skip", "settings", "restart", "resume", "rerun")]


def test_measurements_stay_within_their_card(login: Login, pages: dict[str, str]):
    page = opened(login("administrator"), pages["batch-passed"])
    assert page.locator("#steps .b-measurement").count() > 10
    assert page.locator("#steps .b-plot").count() == 1
    for width in (390, 1024, 1100, 1280, 1366, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert (width, page.evaluate(STICKING_OUT)) == (width, [])
