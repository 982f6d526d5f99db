"""`GET …/compare/{other}/`: a batch beside another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from control.access.rights import Role
from control.api.comparison import ComparedMeasurement, ComparedStep, Comparison
from control.models import Batch
from tests.control.api.callers import Caller, with_key
from tests.control.history.compared_runs import ran, run, took
from tests.rows import demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.VIEWER)


@pytest.fixture
def both() -> tuple[Batch, Batch]:
    """The first measures 3.5 V where the second has 3.3 V; both read the same model."""
    a, b = run(("boot", 1), ("load", 1)), run(("boot", 1), ("load", 1))
    for batch, volts in ((a, 3.5), (b, 3.3)):
        took(ran(batch, 0), "model", "DEMO", "")
        took(ran(batch, 1), "rail", volts, limits={"minimum": 3.2, "maximum": 3.4})
    return a, b


def ask(caller: Caller, a: Any, b: Any, **query: Any) -> Any:
    return caller.get(f"/api/control/batches/{a}/compare/{b}/", query)


def test_measurements_stand_side_by_side(caller: Caller, both: tuple[Batch, Batch]):
    a, b = both
    _boot, load = ask(caller, a.pk, b.pk).json()["steps"]["results"]
    (rail,) = load["measurements"]
    assert (rail["a"]["value"], rail["b"]["value"], rail["a"]["unit"]) == (3.5, 3.3, "V")
    assert (round(rail["difference"], 6), round(rail["relative"], 4), rail["differs"]) == (0.2, 0.0606, True)
    assert rail["a"]["limits"] == {"minimum": 3.2, "maximum": 3.4}


def test_the_schema_describes_exactly_the_facts(caller: Caller, both: tuple[Batch, Batch]):
    answer = ask(caller, both[0].pk, both[1].pk).json()
    (step, *_rest) = answer["steps"]["results"]
    assert set(Comparison().fields) == set(answer)
    for name in ("a", "steps", "station_configuration"):
        assert set(Comparison().fields[name].fields) == set(answer[name])
    for name in ("parameters", "used"):
        assert set(Comparison().fields[name].child.fields) == set(answer[name][0])
    assert set(ComparedStep().fields) == set(step)
    assert set(ComparedMeasurement().fields) == set(step["measurements"][0])


def test_only_differences_leaves_the_rest_out(caller: Caller, both: tuple[Batch, Batch]):
    a, b = both
    Batch.objects.filter(pk=b.pk).update(parameters={**b.parameters, "burn_in_time": 9})
    answer = ask(caller, a.pk, b.pk, only="differences").json()
    assert [row["name"] for row in answer["parameters"]] == ["burn_in_time"]
    assert [step["name"] for step in answer["steps"]["results"]] == ["load"]
    assert answer["used"] == []


def test_pages_follow_each_other_without_gap(caller: Caller):
    a, b = run(("look", 25)), run(("look", 25))
    page = ask(caller, a.pk, b.pk, step="look", limit=10).json()["steps"]
    found = [step["repetition"] for step in page["results"]]
    while page["next"]:
        page = caller.get(page["next"]).json()["steps"]
        found += [step["repetition"] for step in page["results"]]
    assert found == [*range(25)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"only": "same"}, "only"),
        ({"repetition": "0"}, "repetition"),
        ({"step": "load", "repetition": "-1"}, "repetition"),
        ({"first": "x"}, "first"),
        ({"limit": "501"}, "limit"),
        ({"step": "loud"}, "step"),
        ({"steps": "1"}, "steps"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(caller: Caller, both: tuple[Batch, Batch], query: Any, field: str):
    answer = ask(caller, both[0].pk, both[1].pk, **query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_batch_is_not_compared_with_itself_or_with_none(caller: Caller, both: tuple[Batch, Batch]):
    a, none = both[0].pk, "018f0000-0000-7000-8000-000000000000"
    assert [ask(caller, *ids).status_code for ids in ((a, a), (a, none), (none, a))] == [400, 404, 404]


def test_a_comparison_costs_as_much_for_three_steps_as_for_one(caller: Caller, django_assert_num_queries: Callable):
    for count in (1, 3):
        a, b = (run(*((f"s{number}", 1) for number in range(count))) for _ in range(2))
        for batch in (a, b):
            for index in range(count):
                took(ran(batch, index), "rail", 3.3)
        with django_assert_num_queries(2 + 5):  # the key; both batches, their steps by outcome, one page of steps
            assert len(ask(caller, a.pk, b.pk).json()["steps"]["results"]) == count
