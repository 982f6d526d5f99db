"""Limits, units and the judgement of values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.limits import Limits, evaluate, limit_problems, percent_band, violation
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


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3.134, (Outcome.FAIL, False)),
        (3.135, (Outcome.PASS, True)),
        (3.2, (Outcome.PASS, False)),
        (3.4, (Outcome.PASS, True)),
        (3.465, (Outcome.PASS, True)),
        (3.466, (Outcome.FAIL, False)),
        ("3.3", (Outcome.FAIL, False)),
    ],
)
def test_evaluate_judges_a_percentage_of_a_nominal_value(value, expected):
    limits = Limits(nominal=3.3, within_percent=5, marginal_minimum=3.2, marginal_maximum=3.39)
    assert evaluate(value, limits) == expected


@given(nominal=st.floats(-1e9, 1e9).filter(lambda nominal: abs(nominal) > 1e-9), percent=st.floats(0.001, 1000))
def test_percent_band_holds_its_ends_and_its_middle(nominal, percent):
    low, high = percent_band(nominal, percent)
    limits = Limits.declared({"nominal": nominal, "within_percent": percent})
    assert [evaluate(value, limits)[0] for value in (low, nominal, high)] == [Outcome.PASS] * 3
    beyond = abs(nominal) * percent / 50
    assert [evaluate(value, limits)[0] for value in (low - beyond, high + beyond)] == [Outcome.FAIL] * 2


def test_all_limits_must_hold_together():
    both = Limits(minimum=3.2, nominal=3.3, within_percent=5)
    assert [evaluate(value, both)[0] for value in (3.15, 3.2, 3.47)] == [Outcome.FAIL, Outcome.PASS, Outcome.FAIL]
    text = Limits(one_of=("v1", "x1"), pattern=r"v\d")
    assert [evaluate(value, text)[0] for value in ("v1", "v2", "x1")] == [Outcome.PASS, Outcome.FAIL, Outcome.FAIL]


def test_evaluate_matches_the_whole_of_a_text_and_nothing_else():
    limits = Limits(pattern=r"v\d+")
    values = ("v12", "v12 ", "v", 12, True, "v" + "1" * 5000)
    assert [evaluate(value, limits)[0] for value in values] == [Outcome.PASS, *[Outcome.FAIL] * 5]


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
        ("FAIL", Limits(equals="PASS"), "is not the expected 'PASS'"),
        (False, Limits(equals=True), "is not the expected yes"),
        (3, Limits(one_of=(1, 2)), "is none of 1, 2"),
        (math.nan, Limits(minimum=1), "is not a finite number"),
        ("3", Limits(minimum=1), "is not a number"),
        (3.3, Limits(minimum=3.2), None),
        (1234568, Limits(maximum=1234567), "is above the maximum 1234567"),
        (3.1, Limits(nominal=3.3, within_percent=5, unit="V"), "is below 3.135 V (3.3 V less 5 %)"),
        (-3.1, Limits(nominal=-3.3, within_percent=5), "is above -3.135 (-3.3 plus 5 %)"),
        (10**400, Limits(minimum=1), "is not a number"),
        (3, Limits(pattern="[0-9]"), "is not a text"),
        ("x", Limits(pattern="[0-9]"), "does not match the pattern '[0-9]'"),
        ("1" * 4097, Limits(pattern="[0-9]*"), "is longer than the 4 KiB that a pattern is matched against"),
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
        ({"equals": math.nan}, "equals must be a number, a text or a boolean, it is nan"),
        ({"minimum": 1, "unit": "Volt"}, "unknown unit 'Volt' (did you mean 'V'?)"),
        ({"nominal": 3.3}, "nominal needs within_percent beside it"),
        ({"within_percent": 5}, "within_percent needs nominal beside it"),
        (
            {"nominal": 0, "within_percent": 5},
            "nominal must not be 0, of which a percentage is 0, too: use minimum and",
        ),
        ({"nominal": 3, "within_percent": 0}, "within_percent must be above 0, it is 0"),
        ({"nominal": 1e308, "within_percent": 1e9}, "within_percent 1000000000 of 1e+308 is no finite number"),
        ({"nominal": 3, "within_percent": 10, "minimum": 4}, "minimum 4 is above 3.3 (within 10 % of 3)"),
        (
            {"nominal": 3, "within_percent": 10, "marginal_minimum": 1},
            "2.7 (within 10 % of 3) is above marginal_minimum 1",
        ),
        ({"pattern": 3}, "pattern must be a text, it is 3"),
        ({"pattern": "("}, "pattern '(' is no regular expression: missing ), unterminated subpattern at position 0"),
        ({"pattern": "(a+)+"}, "pattern '(a+)+' could take for ever: it repeats something that can be read in several"),
        ({"pattern": "a", "minimum": 1}, "pattern is for texts and minimum for numbers: no value holds both"),
    ],
)
def test_limit_problems_names_what_cannot_be(declared, problem):
    (found,) = limit_problems(declared)
    assert found[: len(problem)] == problem
    with pytest.raises(ValueError, match=r".+"):
        Limits.declared(declared)


def test_limit_problems_names_all_of_them_and_the_known_ones():
    problems = limit_problems({"minimun": 1, "maximum": "x"})
    assert len(problems) == 2
    assert problems[0].startswith("unknown limit 'minimun' (known: minimum, maximum, equals")


def test_limits_are_written_as_they_were_given():
    assert Limits.declared({"minimum": 1, "unit": "V", "one_of": ["a"]}).as_dict() == {"minimum": 1, "one_of": ["a"]}


@pytest.mark.parametrize(
    ("unit", "meant"),
    [
        *(("mOhm", "mohm"), ("MA", "mA"), ("Volt", "V"), ("µA", "uA"), ("μs", "us"), ("Ω", "ohm"), ("sec", "s")),
        *(("°C", "degC"), ("hz", "Hz"), (" V", "V"), ("mAmp", "mA"), ("Mhz", "MHz")),
    ],
)
def test_unit_must_be_known_and_the_meant_one_is_suggested(unit, meant):
    assert check_unit("") == check_unit("mV") == []
    assert check_unit(unit) == [f"unknown unit '{unit}' (did you mean '{meant}'?)"]


def test_what_is_no_unit_at_all_is_said():
    assert check_unit("parsec") == ["unknown unit 'parsec'"]
    assert check_unit(3) == ["a unit must be a text, it is 3"]
