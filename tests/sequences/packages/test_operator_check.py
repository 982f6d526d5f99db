"""The package that asks people."""

from __future__ import annotations

import pytest

from sequences import trial
from sequences.catalogue import read_package
from tests.sequences.packages.conftest import ROOT

PACKAGE = ROOT / "sequences" / "packages" / "operator_check"
GOOD = ["intact", 3, 80.1, True, "anna"]


def test_package_is_without_problems_or_warnings():
    package = read_package(PACKAGE)
    assert (package.name, package.problems, package.warnings) == ("operator_check", [], [])


def test_a_good_board_passes_and_the_inspector_is_the_result():
    record = trial.run(PACKAGE, answers=GOOD)
    assert (record.verdict["outcome"], record.verdict["result"]) == ("PASS", {"inspector": "anna"})
    assert {name: line["value"] for name, line in record.measurements.items()} == {
        "label": "intact", "lit_leds": 3.0, "board_length": 80.1, "clean": True,
    }  # fmt: skip


def test_it_asks_in_every_way_and_shows_a_picture():
    asked = trial.run(PACKAGE, answers=GOOD).of_kind("prompt.asked")
    assert [line["type"] for line in asked] == ["choice", "number", "number", "confirm", "text"]
    assert asked[0]["image"]["type"] == "image/png"


@pytest.mark.parametrize(
    ("place", "value", "step"),
    [(0, "missing", "look_at_label"), (1, 2, "count_leds"), (2, 79.0, "measure_length"), (3, False, "check_clean")],
)
def test_each_bad_answer_fails_its_step(place: int, value: object, step: str):
    record = trial.run(PACKAGE, answers=[*GOOD[:place], value, *GOOD[place + 1 :]])
    assert (record.verdict["outcome"], record.verdict["cause"]) == ("FAIL", step)


def test_a_dirty_board_is_told_in_the_words_of_the_answer():
    record = trial.run(PACKAGE, answers=[*GOOD[:3], False, "anna"])
    assert record.verdict["message"] == "Step 'check_clean' failed: clean: no is not the expected yes"


def test_a_board_that_nobody_looks_at_times_out():
    record = trial.run(PACKAGE, {"patience": 0.1}, answers=[trial.NOBODY])
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "TIMEOUT")
