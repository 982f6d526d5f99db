"""Patterns: what they match, and which of them nobody may give."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.patterns import LONGEST_PATTERN, LONGEST_VALUE, matches, pattern_problem

FOR_EVER = [
    r"(a+)+",
    r"([a-zA-Z]+)*",
    r"(a|aa)+",
    r"(a|a?)+b",
    r"(\w+\s?)*x",
    r"(a{1,3})+b",
    r"(a?b?)*c",
    r"((a|b)*)*",
    r"(?:x+x+)+y",
    r"(?i:(a|A)+x)|(?i:(a|AB?C*A)+)",
    r"(\d+|[0-9a-f]+)*z",
    r"([가-힣]+|\w)+!",
    r"(a(?=.*b))*",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(a*)*",
    r"(?:(a)\1?)+\1",
]
TOO_LONG = [
    r".*.*.*",
    r"(.*a){20}",
    r".*a.*b.*c",
    r".*OK.*v1.*",
    r".*a.*b[ab]*!",
    r"a?" * 60 + "a" * 60,
    r"\s*\s*\s*x",
    r"(?:.*,){3}x",
    r"(?:(?:(?:){4000}){4000}){4000}",
]
FINE = [
    r"",
    r"DEMO-BOARD",
    r"v\d+\.\d+(\.\d+)?",
    r"[A-Z]{2}\d{6}",
    r"\d+(,\d+)*",
    r"(\d{1,3}\.){3}\d{1,3}",
    r"([0-9A-F]{2}:){5}[0-9A-F]{2}",
    r"([0-9A-F]{2}){6}",
    r"(PASS|FAIL|OK)",
    r"(?:[a-z]+ )*[a-z]+",
    r".*ready.*",
    r".*FW.*v2",
    r"\d+;.*FW.*v2",
    r"(?i)ok\s*",
    r"^SN-[0-9]+$",
    r"[^,]+(,[^,]+)*",
    r"(?!FAIL)\w+",
    r"(?P<major>\d+)\.(?P=major)",
    r"a|b|",
    r"\[(-?\d+(\.\d+)?; )*\]",
    r"[가-힣]+ \d+",
]


@pytest.mark.parametrize("pattern", FOR_EVER)
def test_pattern_that_could_take_for_ever_is_refused(pattern):
    assert "could take for ever: it repeats something" in (pattern_problem(pattern) or "")


@pytest.mark.parametrize("pattern", TOO_LONG)
def test_pattern_with_too_many_ways_is_refused(pattern):
    assert "could take too long: the next character" in (pattern_problem(pattern) or "")


@pytest.mark.parametrize("pattern", FINE)
def test_ordinary_pattern_is_fine_and_survives_hostile_texts(pattern):
    assert pattern_problem(pattern) is None
    for part in ("a", "A0", "1", "00", "0,", "1.", "word ", "가", "FW", "ready", " ", "x1; "):
        hostile = (part * LONGEST_VALUE)[: LONGEST_VALUE // 3 - 2] + "\n!"
        assert matches(pattern, hostile) is (re.fullmatch(pattern, hostile) is not None)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "'(' is no regular expression: missing ), unterminated subpattern at position 0"),
        ("a{2,1}", "'a{2,1}' is no regular expression: min repeat greater than max repeat at position 2"),
        ("x" * (LONGEST_PATTERN + 1), "has 201 characters, at most 200 are allowed"),
    ],
)
def test_what_is_no_pattern_is_named(pattern, problem):
    assert pattern_problem(pattern) == problem


@given(st.text(alphabet="ab.*+?|()[]^$\\d{1,3}9-i:=!<P>#", max_size=40))
def test_any_text_is_either_refused_or_a_pattern_that_ends(pattern):
    if pattern_problem(pattern) is None:
        for hostile in ("a" * 60 + "!", "ab" * 30 + "!", "1" * 60 + "!", "a1b" * 20 + "\n"):
            re.fullmatch(pattern, hostile)


def test_pattern_is_for_the_whole_text():
    assert matches(r"v\d", "v1")
    assert not matches(r"v\d", "v1 ")
    assert not matches(r"v\d", "xv1")


def test_value_of_more_than_4_kib_matches_nothing():
    assert matches(".*", "x" * LONGEST_VALUE)
    assert not matches(".*", "x" * (LONGEST_VALUE + 1))
    assert not matches(".*", "가" * (LONGEST_VALUE // 3 + 1))
