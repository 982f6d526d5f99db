"""Two values side by side."""

from __future__ import annotations

from typing import Any

import pytest

from control.history.compared_values import changed_paths, measured_pair, pairs, same
from control.models import Measurement


def measured(value: Any, kind: str = "number", unit: str = "V", **more: Any) -> Measurement:
    return Measurement(name="x", type=kind, value=value, unit=unit, outcome="PASS", **more)


@pytest.mark.parametrize(
    ("a", "b", "difference", "relative"),
    [
        (5.5, 5.0, 0.5, 0.1),
        (-1, -2, 1, 0.5),
        (3, 0, 3, None),
        (2, 2.0, 0, 0),
        (1e308, -1e308, None, None),
        (10**400, 1.0, None, None),
        (1.0, "nan", None, None),
        (True, False, None, None),
        ("PASS", "FAIL", None, None),
    ],
)
def test_difference_is_told_of_two_numbers_alone(a: Any, b: Any, difference: Any, relative: Any) -> None:
    row = measured_pair("x", measured(a), measured(b))
    assert (row["difference"], row["relative"]) == (difference, pytest.approx(relative) if relative else relative)


def test_numbers_in_different_units_have_no_difference_but_differ() -> None:
    row = measured_pair("x", measured(5, unit="V"), measured(5, unit="mV"))
    assert (row["difference"], row["differs"]) == (None, True)


@pytest.mark.parametrize(
    "change",
    [{"limits": {"maximum": 6}}, {"marginal": True}, {"outcome": "FAIL"}, {"kind": "text"}],
    ids=["limits", "marginal", "outcome", "type"],
)
def test_equal_values_that_were_judged_differently_differ(change: dict[str, Any]) -> None:
    other = measured(5.0, change.pop("kind", "number"))
    for name, value in change.items():
        setattr(other, name, value)
    assert measured_pair("x", measured(5.0), other)["differs"] is True
    assert measured_pair("x", measured(5.0), measured(5.0, limits={}))["differs"] is False


def test_what_only_one_run_has_differs() -> None:
    row = measured_pair("x", None, measured(5.0))
    assert (row["a"], row["b"]["value"], row["differs"], row["difference"]) == (None, 5.0, True, None)


COLUMNS = [{"name": "current", "unit": "A"}, {"name": "voltage", "unit": "V"}]


def curve(*rows: list[float], columns: Any = COLUMNS) -> Measurement:
    return measured({"columns": columns, "rows": list(rows)}, "curve", "")


def test_curves_are_told_by_their_points_and_the_largest_difference_of_each_column() -> None:
    row = measured_pair("iv", curve([0, 5], [1, 4]), curve([0, 5.5], [1, 4.25]))
    assert row["a"]["value"] == {"columns": COLUMNS, "points": 2}
    assert [(each["name"], each["difference"]) for each in row["largest"]] == [("current", 0), ("voltage", 0.5)]
    assert row["differs"] is True


@pytest.mark.parametrize("other", [curve([0, 5]), curve([0, 5], [1, 4], columns=COLUMNS[:1]), curve()])
def test_curves_of_other_shape_have_no_largest_difference(other: Measurement) -> None:
    assert measured_pair("iv", curve([0, 5], [1, 4]), other)["largest"] is None


def test_a_number_is_no_truth_value() -> None:
    assert [same(1, True), same(1, 1.0), same({"a": [1]}, {"a": [True]}), same(None, 0)] == [False, True, False, False]


def test_names_of_the_first_come_first() -> None:
    rows = pairs({"b": 1, "a": 2}, {"c": 3, "a": 2})
    assert [(row["name"], row["a"], row["b"], row["differs"]) for row in rows] == [
        ("b", 1, None, True),
        ("a", 2, 2, False),
        ("c", None, 3, True),
    ]


def test_changed_configuration_is_told_by_its_keys() -> None:
    one = {"id": "demo", "slots": [{"id": "s1", "instruments": {"supply": "p1"}}], "list": [1, 2], "gone": {}}
    other = {"id": "demo", "slots": [{"id": "s1", "instruments": {"supply": "p2"}}], "list": [1, 3], "new": None}
    assert [(row["name"], row["a"], row["b"]) for row in changed_paths(one, other)] == [
        ("slots[s1].instruments.supply", "p1", "p2"),
        ("list[1]", 2, 3),
        ("gone", {}, None),
        ("new", None, None),
    ]
