"""Limits, retries and groups as somebody meets them who tries a sequence in a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.control.management.trying.desk import Desk

pytestmark = pytest.mark.any_database

SIX_STEPS = """
@step
def one(self, run): run.measure("text", "a")

@step
def two(self, run): run.measure("text", "b")

@step
def three(self, run):
    for number in range(4):
        run.measure(f"text_{number}", str(number))

@step
def four(self, run): run.measure("time", 5, "s", minimum=0, maximum=10)

@step
def five(self, run):
    run.measure("frequency", 15, "Hz", minimum=0, maximum=10)
    run.measure("note", "free", one_of=["free"])

@step
def six(self, run):
    rows = [(ms, 10.0 + ms / 100, 1.0) for ms in range(10)]
    run.record_curve("sweep", columns={"time": "ms", "voltage": "V", "current": "A"}, rows=rows)
    volts, amps = (sum(row[column] for row in rows) / 10 for column in (1, 2))
    run.measure("mean_voltage", volts, "V")
    run.measure("mean_current", amps, "A")
    run.measure("resistance", volts / amps, "ohm", minimum=9, maximum=11)
"""


def tried(desk: Desk, steps: str, manifest: str = "") -> tuple[int, dict[str, Any]]:
    done = desk.attempt(desk.package(steps, manifest), "--json")
    return done.returncode, json.loads(done.stdout)


def outcomes(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["name"], step["outcome"]) for step in told["steps"]]


def test_failed_limit_ends_nothing(desk: Desk):
    code, told = tried(desk, SIX_STEPS)
    assert (code, told["state"], told["outcome"], told["cause"]) == (1, "COMPLETED", "FAIL", "five")
    assert [outcome for _, outcome in outcomes(told)] == ["PASS", "PASS", "PASS", "PASS", "FAIL", "PASS"]
    assert [each["outcome"] for each in told["steps"][4]["measurements"]] == ["FAIL", "PASS"]
    assert len(told["steps"][5]["measurements"][0]["value"]["rows"]) == 10


def test_marginal_value_marks_measurement_step_and_batch(desk: Desk):
    step = "@step\ndef a(self, run): run.measure('x', 13)"
    limits = "limits: {x: {minimum: 5, maximum: 17, marginal_minimum: 9, marginal_maximum: 11}}"
    code, told = tried(desk, step, limits)
    assert (code, told["outcome"], told["marginal"]) == (0, "PASS", True)
    assert (told["steps"][0]["marginal"], told["steps"][0]["measurements"][0]["marginal"]) == (True, True)
    assert desk.attempt("sample").stdout.splitlines()[-1].startswith("PASS (marginal)")


def test_exception_skips_main_but_not_the_teardown(desk: Desk):
    steps = """
    @step
    def breaks(self, run): raise KeyError("gone")

    @step
    def later(self, run): pass

    @teardown
    def tidy(self, run): pass
    """
    code, told = tried(desk, steps)
    assert (code, told["state"], told["outcome"]) == (3, "FAILED", "ERROR")
    assert outcomes(told) == [("breaks", "ERROR"), ("later", "SKIPPED"), ("tidy", "PASS")]
    assert [(error["exception"], error["message"]) for error in told["errors"]] == [("KeyError", "'gone'")]


@pytest.mark.parametrize(("succeeds_at", "seen", "code"), [(3, ["FAIL", "FAIL", "PASS"], 0), (9, ["FAIL"] * 5, 1)])
def test_every_attempt_is_kept(desk: Desk, succeeds_at: int, seen: list[str], code: int):
    steps = f"""
    @step(attempts=5)
    def asks(self, run):
        if run.attempt < {succeeds_at}: run.retry("not yet")

    @step
    def later(self, run): pass
    """
    ended, told = tried(desk, steps)
    assert (ended, [step["outcome"] for step in told["steps"]]) == (code, [*seen, "PASS"])
    assert [step["retrying"] for step in told["steps"]] == [*([True] * (len(seen) - 1)), False, False]


def test_failed_setup_skips_main_and_tears_down_whatever_fails_there(desk: Desk):
    steps = """
    @setup
    def first(self, run): run.fail("no board")

    @step
    def work(self, run): pass

    @teardown
    def breaks(self, run): 1 / 0

    @teardown
    def tidy(self, run): pass
    """
    code, told = tried(desk, steps)
    assert (code, told["cause"]) == (3, "first")
    assert outcomes(told) == [("first", "FAIL"), ("work", "SKIPPED"), ("breaks", "ERROR"), ("tidy", "PASS")]
