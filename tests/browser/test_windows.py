"""A profile that another test has used before looks as new."""

from __future__ import annotations

import pytest

from tests.browser.web_station import WebStation
from tests.browser.windows import Windows

pytestmark = pytest.mark.any_database

LEAVE = "localStorage.setItem('left', 'x'); document.cookie = 'left=x; path=/'; caches.open('left')"
LEFT = "async () => [localStorage.getItem('left'), document.cookie.includes('left'), await caches.has('left')]"


def test_a_profile_that_comes_back_has_forgotten_all_but_who_is_logged_in(windows: Windows, web: WebStation):
    first = windows.take("viewer", locale="en-GB")
    page = first.new_page()
    page.goto("/control/system/")
    page.evaluate(LEAVE)
    assert page.evaluate(LEFT) == ["x", True, True]
    windows.give_back(first)
    assert first.pages == []
    again = windows.take("viewer", locale="en-GB")
    page = again.new_page()
    page.goto("/control/system/")
    assert (again is first, page.url) == (True, f"{web.address}/control/system/")
    assert page.evaluate(LEFT) == [None, False, False]
    assert windows.take("viewer", locale="ko-KR") is not first
    windows.give_back(again)
