"""Limits, units and the judgement of values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.limits import Limits, evaluate, limit_problems, violation
from sequences.outcomes import Outcome
from sequences.units import check_unit

BAND = Limits(minimum=5, maximum=17, marginal_minimum=9, marginal_maximum=11)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (4.999, (Outcome.FAIL, False)),
        (5, (Outcome.PASS, True)),
        (8.9, (Outcome.PASS, True)),
        (9, (Outcome.PASS, False)),
        (11, (Outcome.PASS, False)),
        (13, (Outcome.PASS, True)),
        (17, (Outcome.PASS, True)),
        (17.1, (Outcome.FAIL, False)),
        (math.nan, (Outcome.FAIL, False)),
        (math.inf, (Outcome.FAIL, False)),
        ("13", (Outcome.FAIL, False)),
        (True, (Outcome.FAIL, False)),
    ],
)
def test_evaluate_judges_a_value_against_limits_and_band(value, expected):
    assert evaluate(value, BAND) == expected


@given(value=NUMBERS, low=st.floats(-1e9, 1e9), width=st.floats(0, 1e9))
def test_evaluate_passes_exactly_what_lies_between_the_limits(value, low, width):
    outcome, marginal = evaluate(value, Limits(minimum=low, maximum=low + width))
    assert (outcome is Outcome.PASS) == (low <= value <= low + width)
    assert not marginal


@given(value=NUMBERS, bounds=st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4).map(sorted))
def test_evaluate_never_calls_a_failed_value_marginal(value, bounds):
    names = ("minimum", "marginal_minimum", "marginal_maximum", "maximum")
    outcome, marginal = evaluate(value, Limits.declared(dict(zip(names, bounds, strict=True))))
    comfortable = bounds[1] <= value <= bounds[2]
    assert marginal == (outcome is Outcome.PASS and not comfortable)


def test_evaluate_knows_equality_and_choice():
    assert evaluate("PASS", Limits(equals="PASS"))[0] is Outcome.PASS
    assert evaluate("pass", Limits(equals="PASS"))[0] is Outcome.FAIL
    assert evaluate(1, Limits(equals=True))[0] is Outcome.FAIL
    assert evaluate(2, Limits(one_of=(1, 2)))[0] is Outcome.PASS
    assert evaluate(math.nan, Limits(equals=1.0))[0] is Outcome.FAIL


@pytest.mark.parametrize(
    ("value", "limits", "words"),
    [
        (3.1, Limits(minimum=3.2, unit="V"), "is below the minimum 3.2 V"),
        (3.5, Limits(maximum=3.4, unit="V"), "is above the maximum 3.4 V"),
        ("FAIL", Limits(equals="PASS"), "is not 'PASS'"),
        (3, Limits(one_of=(1, 2)), "is none of 1, 2"),
        (math.nan, Limits(minimum=1), "is not a finite number"),
        ("3", Limits(minimum=1), "is not a number"),
        (3.3, Limits(minimum=3.2), None),
    ],
)
def test_violation_says_which_limit_does_not_hold(value, limits, words):
    assert violation(value, limits) == words


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ({}, "no limit is given"),
        ({"unit": "V"}, "no limit is given"),
        ({"minimum": 2, "maximum": 1}, "minimum 2 is above maximum 1"),
        ({"minimum": 2, "marginal_minimum": 1}, "minimum 2 is above marginal_minimum 1"),
        ({"minimum": "2"}, "minimum must be a finite number, it is '2'"),
        ({"maximum": math.nan}, "maximum must be a finite number, it is nan"),
        ({"equals": [1]}, "equals must be a number, a text or a boolean, it is [1]"),
        ({"one_of": []}, "one_of must be a list of numbers, texts or booleans, it is []"),
        ({"minimum": 1, "unit": "Volt"}, "unknown unit 'Volt'"),
    ],
)
def test_limit_problems_names_what_cannot_be(declared, problem):
    assert limit_problems(declared) == [problem]
    with pytest.raises(ValueError, match=r".+"):
        Limits.declared(declared)


def test_limit_problems_names_all_of_them_and_the_known_ones():
    problems = limit_problems({"minimun": 1, "maximum": "x"})
    assert len(problems) == 2
    assert problems[0].startswith("unknown limit 'minimun' (known: minimum, maximum, equals")


def test_limits_are_written_as_they_were_given():
    assert Limits.declared({"minimum": 1, "unit": "V", "one_of": ["a"]}).as_dict() == {"minimum": 1, "one_of": ["a"]}


def test_unit_must_be_known_and_a_near_one_is_suggested():
    assert check_unit("") == check_unit("mV") == []
    assert check_unit("mOhm") == ["unknown unit 'mOhm' (did you mean 'mohm'?)"]
