"""Parameters that change while the run goes on: the live ones, all that are given or none."""

from __future__ import annotations

import pytest

from sequences import trial
from tests.sequences.wishing import Wishing, answers, wish

MANIFEST = """
parameters:
  led_on: {type: integer, default: 3, minimum: 0, maximum: 9, live: true}
  mode: {type: string, default: slow, enum: [slow, fast], live: true}
  fixed: {type: integer, default: 1}
"""
STEPS = """
@step
def a(self, run):
    {body}
    return [run.parameters.led_on, run.parameters.mode, run.parameters.fixed]
@teardown
def off(self, run): run.boundary()
"""


def run(write_package, wishes, body="run.boundary()"):
    return trial.run(write_package(STEPS.format(body=body), MANIFEST), desk=Wishing(wishes))


def change(control="c1", **settings):
    return wish("settings", control, settings=settings)


def test_live_parameters_change_at_a_boundary(write_package):
    record = run(write_package, {"a": [change(led_on=5, mode="fast")]})
    assert record.steps[0]["result"] == [5, "fast", 1]
    (line,) = record.of_kind("control")
    assert (line["control"], line["word"], line["settings"]) == ("c1", "settings", {"led_on": 5, "mode": "fast"})
    assert line["message"] == "led_on: 3 → 5, mode: 'slow' → 'fast'"
    assert "obeyed" not in line


def test_live_parameters_change_in_a_sleep_that_goes_on(write_package):
    record = run(write_package, {"a": [change(led_on=5), change(led_on=6)]}, "run.sleep(0.05)")
    assert record.steps[0]["result"][0] == 6
    assert record.steps[0]["duration_ms"] >= 50
    assert [line["message"] for line in record.of_kind("control")] == ["led_on: 3 → 5", "led_on: 5 → 6"]


def test_live_parameters_change_at_once_while_paused(write_package):
    record = run(write_package, {"a": [wish("pause"), change(led_on=5), wish("resume")]})
    kinds = [line["k"] for line in record.lines if line["k"].startswith(("batch.", "control"))]
    assert kinds == ["batch.started", "batch.paused", "control", "batch.resumed"]
    assert record.steps[0]["result"][0] == 5


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"led_on": 10}, "Parameter 'led_on' must be a whole number from 0 to 9, it is 10."),
        ({"mode": "fast", "led_on": "5"}, "Parameter 'led_on' must be a whole number from 0 to 9, it is '5'."),
        ({"led_on": 5, "fixed": 2}, "'fixed' is no live parameter (live: led_on, mode)."),
        ({"colour": 2}, "'colour' is no live parameter (live: led_on, mode)."),
        ({}, "no setting is given"),
    ],
)
def test_settings_that_cannot_be_change_nothing(write_package, given, why):
    record = run(write_package, {"a": [change(**given)]})
    assert answers(record) == [("c1", f"settings has no effect: {why}", False)]
    assert record.steps[0]["result"] == [3, "slow", 1]


def test_settings_during_teardown_have_no_effect(write_package):
    record = run(write_package, {"off": [change(led_on=5)]})
    assert answers(record) == [("c1", "settings has no effect: the teardown is running", False)]
