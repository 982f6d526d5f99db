"""The page with what was done lately."""

from __future__ import annotations

import re
from typing import Any

import pytest

from control.access.rights import Role
from control.models import Batch
from tests.control.pages.people import browser_of
from tests.work_over_items import batch_over_items, finish, items_station, work

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ADDRESS = "/control/statistics/"


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    items_station(monkeypatch)


def page(period: str = "24h", status: int = 200) -> str:
    answer = browser_of(Role.VIEWER).get(ADDRESS, {"period": period})
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize("period", ["1h", "24h", "7d"])
def test_what_ended_is_counted_by_lane_and_sequence(period: str) -> None:
    opened = batch_over_items()
    work(opened, failing={1}, ms=100)
    finish(opened)
    Batch.objects.update(outcome="FAIL")
    rows = re.findall(r'<th scope="row">([^<]+)</th>((?:<td>[^<]*</td>)+)', page(period))
    found = {name: re.findall(r"<td>([^<]*)</td>", cells) for name, cells in rows}
    assert (found["demo/lane-1"][:3], found["dataset_work"]) == (["3", "5", "1"], ["1", "1", "1", "0", "0"])
    assert "at most 6 items in" in page(period)


def test_nothing_says_what_to_do_and_an_unknown_period_is_told() -> None:
    assert "No items were worked on in this time." in page()
    assert "There is no period &#x27;2h&#x27;." in page("2h", 400)


def test_it_costs_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    work(batch_over_items())
    client = browser_of(Role.VIEWER)
    with django_assert_max_num_queries(14):
        client.get(ADDRESS)
