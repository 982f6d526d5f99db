"""Parameters: schema, values, and texts of the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.parameters import ParameterError, parse_parameter_texts, resolve_parameters, schema_problems

SCHEMA = {
    "voltage": {"type": "number", "default": 5.0, "unit": "V", "minimum": 1, "maximum": 12},
    "cycles": {"type": "integer", "default": 3, "minimum": 1},
    "mode": {"type": "string", "default": "fast", "enum": ["fast", "slow"]},
    "verbose": {"type": "boolean", "default": False},
}
WORDS = st.sampled_from(["", "5", "fast"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.just([1]))


def problems_of(schema, values):
    with pytest.raises(ParameterError) as refusal:
        resolve_parameters(schema, values)
    return [str(problem) for problem in refusal.value.problems]


def test_resolve_takes_defaults_and_given_values():
    assert resolve_parameters(SCHEMA, {"voltage": 3, "mode": "slow"}) == {
        "voltage": 3,
        "cycles": 3,
        "mode": "slow",
        "verbose": False,
    }


def test_resolve_reports_every_problem_at_once():
    given = {"voltag": 1, "voltage": 20, "cycles": 2.5, "mode": "medium", "verbose": 1}
    assert problems_of(SCHEMA, given) == [
        "There is no parameter 'voltag'. Did you mean 'voltage'?",
        "Parameter 'voltage' must be a number from 1 to 12 V, it is 20.",
        "Parameter 'cycles' must be a whole number of at least 1, it is 2.5.",
        "Parameter 'mode' must be one of 'fast', 'slow', it is 'medium'.",
        "Parameter 'verbose' must be true or false, it is 1.",
    ]


def test_resolve_wants_what_has_no_default():
    schema = {"delay": {"type": "number", "unit": "s"}}
    assert problems_of(schema, {}) == ["Parameter 'delay' must be given: a number in s."]
    assert problems_of(schema, {"x": 1})[0] == "There is no parameter 'x'. Known: delay."


@pytest.mark.parametrize(("kind", "expected"), [("number", "a number"), ("integer", "a whole number")])
@pytest.mark.parametrize("value", [10**400, -(10**400)])
def test_resolve_refuses_what_no_float_holds(kind: str, expected: str, value: int):
    problems = problems_of({"size": {"type": kind}}, {"size": value})
    assert problems == [f"Parameter 'size' must be {expected}, it is {str(value)[:100]}…."]


def test_resolve_wants_texts_that_match_their_pattern():
    schema = {"serial": {"type": "string", "pattern": r"SN-\d+"}}
    assert resolve_parameters(schema, {"serial": "SN-12"}) == {"serial": "SN-12"}
    expected = r"Parameter 'serial' must be a text that matches the pattern 'SN-\d+', it is"
    assert problems_of(schema, {"serial": "SN-12b"}) == [f"{expected} 'SN-12b'."]
    assert problems_of(schema, {"serial": "SN-" + "1" * 5000})[0].startswith(expected)


@given(st.dictionaries(st.sampled_from(sorted(SCHEMA)), VALUES))
def test_resolve_accepts_only_what_the_schema_allows(values):
    try:
        resolved = resolve_parameters(SCHEMA, values)
    except ParameterError:
        return
    assert 1 <= resolved["voltage"] <= 12
    assert type(resolved["cycles"]) is int and resolved["cycles"] >= 1
    assert resolved["mode"] in ("fast", "slow")
    assert type(resolved["verbose"]) is bool


def test_problem_is_said_in_another_language_as_a_whole():
    with pytest.raises(ParameterError) as refusal:
        resolve_parameters(SCHEMA, {"voltage": 20})
    german = {
        "Parameter '%(name)s' must be %(expected)s, it is %(value)s.": "%(name)s ist %(value)s statt %(expected)s.",
        "a number from %(minimum)s to %(maximum)s": "einer Zahl von %(minimum)s bis %(maximum)s",
    }
    assert [problem.said(german.__getitem__) for problem in refusal.value.problems] == [
        "voltage ist 20 statt einer Zahl von 1 bis 12 V."
    ]


def test_texts_become_values_of_the_declared_types():
    texts = ["voltage=3.3", "cycles=7", "mode=slow", "verbose=yes"]
    assert parse_parameter_texts(SCHEMA, texts) == {"voltage": 3.3, "cycles": 7, "mode": "slow", "verbose": True}


def test_texts_that_fit_no_type_are_refused_when_resolved():
    values = parse_parameter_texts(SCHEMA, ["voltage=high", "cycles=2.5", "verbose=maybe"])
    assert len(problems_of(SCHEMA, values)) == 3
    assert problems_of(SCHEMA, parse_parameter_texts(SCHEMA, ["voltage=nan"]))


def test_texts_report_every_problem_at_once():
    with pytest.raises(ParameterError) as refusal:
        parse_parameter_texts(SCHEMA, ["voltage", "cycle=1", "mode=fast", "mode=slow"])
    assert [str(problem) for problem in refusal.value.problems] == [
        "'voltage' is no parameter: write name=value.",
        "There is no parameter 'cycle'. Did you mean 'cycles'?",
        "Parameter 'mode' is given twice.",
    ]


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("number", "parameter 'p' must be a mapping with at least a type"),
        ({"type": "float"}, "parameter 'p': type must be one of number, integer, string, boolean, it is 'float'"),
        ({"type": "number", "unit": "Volt"}, "parameter 'p': unknown unit 'Volt'"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "parameter 'p': minimum 2 is above maximum 1"),
        ({"type": "number", "minimum": "a"}, "parameter 'p': minimum must be a number, it is 'a'"),
        ({"type": "string", "minimum": 1}, "parameter 'p': a string has no minimum or maximum"),
        ({"type": "number", "enum": []}, "parameter 'p': enum must be a list of values"),
        ({"type": "number", "enum": ["a"]}, "parameter 'p': every value of enum must be a number"),
        ({"type": "number", "live": "yes"}, "parameter 'p': live must be true or false"),
        ({"type": "integer", "default": 1.5}, "default: Parameter 'p' must be a whole number, it is 1.5."),
        ({"type": "number", "description": 3}, "parameter 'p': description must be a text, it is 3"),
        ({"type": "number", "pattern": "a"}, "parameter 'p': a number has no pattern"),
        ({"type": "string", "pattern": 3}, "parameter 'p': pattern must be a text, it is 3"),
        ({"type": "string", "pattern": "["}, "parameter 'p': pattern '[' is no regular expression: unterminated"),
        ({"type": "string", "pattern": "(a*)*"}, "parameter 'p': pattern '(a*)*' could take for ever: it repeats"),
        (
            {"type": "string", "pattern": "a", "enum": ["a", "b"]},
            "parameter 'p': every value of enum must match the pat",
        ),
        (
            {"type": "string", "pattern": "a", "default": "b"},
            "default: Parameter 'p' must be a text that matches the pattern 'a', it is 'b'.",
        ),
    ],
)
def test_schema_problems_names_what_cannot_be(declared, problem):
    (found,) = schema_problems("p", declared)
    assert found[: len(problem)] == problem


def test_schema_problems_names_unknown_keys():
    assert schema_problems("p", {"type": "number", "min": 1})[0].startswith("parameter 'p': unknown key 'min' (known:")
