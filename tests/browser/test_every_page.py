"""Every page: no error, nothing from elsewhere, nothing serious for a screen reader, nothing beyond a phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Login
from tests.browser.visited_pages import NAMES, OPEN_DIALOG, open_dialogs, opened
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
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}


def serious(found: Any) -> list[str]:
    bad = [each for each in found.response["violations"] if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {node['html'][:160]}" for each in bad for node in each["nodes"]]


@pytest.mark.parametrize("name", NAMES)
def test_page_bars_nobody_in_any_look(name: str, login: Login, pages: dict[str, str]):
    # A page that is not there complains in the browser's console, as it should.
    page = opened(login("administrator", complain=name != "batch-unknown", color_scheme="light"), pages[name])
    assert serious(Axe().run(page)) == []
    page.emulate_media(color_scheme="dark")
    opened(page, pages[name])
    assert page.locator("html.dark").count() == 1
    assert serious(Axe().run(page, options=COLOURS)) == []  # the rest is the same page
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_role("button", name="Emergency stop").first.is_visible()


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
