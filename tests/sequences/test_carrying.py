"""A run that goes on from an earlier one: what was finished is told once more, and not done again."""

from __future__ import annotations

import pytest

from sequences import trial
from sequences.carrying import CarriedOver
from tests.sequences.wishing import Wishing, answers, wish

STEPS = """
@setup
def on(self, run): {setup}
@step(repeat=3, critical=True)
def a(self, run): run.boundary()
@step
def b(self, run): run.boundary()
@teardown
def off(self, run): pass
"""


def steps(first, last, outcome="PASS", marginal=False):
    return {"first": first, "last": last, "outcome": outcome, "marginal": marginal}


def run(write_package, *ranges, setup="pass", wishes=None):
    carried = {"batch": "earlier", "steps": list(ranges), "saved": {}}
    return trial.run(write_package(STEPS.format(setup=setup)), desk=Wishing(wishes or {}), carried=carried)


def test_carried_steps_do_not_run_again_but_setup_and_teardown_do(write_package):
    record = run(write_package, steps(1, 2), steps(3, 3, marginal=True))
    assert [line["name"] for line in record.of_kind("step.started")] == ["on", "b", "off"]
    carried = [line for line in record.attempts if line.get("carried")]
    assert [(line["step"], line["name"], line["marginal"]) for line in carried] == [
        (1, "a", False),
        (2, "a", False),
        (3, "a", True),
    ]
    assert {(line["outcome"], line["duration_ms"], line["message"]) for line in carried} == {
        ("PASS", 0.0, "carried over")
    }
    assert [line["progress"] for line in record.attempts] == [0.1667, 0.3333, 0.5, 0.6667, 0.8333, 1.0]
    assert (record.verdict["outcome"], record.verdict["marginal"]) == ("PASS", True)


def test_repetition_that_is_not_carried_knows_its_number(write_package):
    package = write_package("@step(repeat=3)\ndef a(self, run): return run.index")
    carried = {"batch": "earlier", "steps": [steps(0, 0), steps(2, 2)], "saved": {}}
    record = trial.run(package, carried=carried)
    assert [(line["step"], line["result"]) for line in record.attempts] == [(0, None), (2, None), (1, 1)]


def test_carried_failure_counts_and_ends_nothing(write_package):
    record = run(write_package, steps(1, 2), steps(3, 3, "FAIL"))
    assert record.outcomes == {"a": "FAIL", "on": "PASS", "b": "PASS", "off": "PASS"}
    assert (record.verdict["ending"], record.verdict["outcome"], record.verdict["cause"]) == ("completed", "FAIL", "a")
    assert record.verdict["message"] == "Step 'a' failed: carried over"


def test_carried_skip_stays_one_by_request(write_package):
    record = run(write_package, steps(1, 1, "SKIPPED"))
    assert record.attempts[0]["message"] == "skipped by request: carried over"
    assert record.verdict["message"] == "Every step passed but 1 skipped by request."


def test_carried_steps_are_told_even_if_setup_fails(write_package):
    record = run(write_package, steps(1, 1), steps(3, 3), setup="1 / 0")
    ends = [(line["step"], str(line["outcome"])) for line in record.attempts]
    assert ends == [(1, "PASS"), (3, "PASS"), (0, "ERROR"), (2, "SKIPPED"), (4, "SKIPPED"), (5, "PASS")]
    assert record.attempts[-1]["progress"] == 1.0


def test_teardown_runs_although_every_main_step_is_carried(write_package):
    package = write_package("@step\ndef a(self, run): pass\n@teardown\ndef off(self, run): pass")
    carried = {"batch": "earlier", "steps": [steps(0, 0)], "saved": {}}
    assert trial.run(package, carried=carried).outcomes == {"a": "PASS", "off": "PASS"}


def test_carried_step_cannot_be_skipped(write_package):
    record = run(write_package, steps(3, 3), wishes={None: [wish("skip", "c1", step=3)]})
    assert answers(record) == [("c1", "skip has no effect: the step has ended", False)]


@pytest.mark.parametrize(
    ("ranges", "problem"),
    [
        ([steps(0, 1)], "Steps 0 to 1 are carried over, where the plan has no main steps. "),
        ([steps(4, 5)], "Steps 4 to 5 are carried over, where the plan has no main steps. "),
        ([steps(2, 1)], "Steps 2 to 1 are carried over, where the plan has no main steps. "),
        ([steps(9, 9)], "Steps 9 to 9 are carried over, where the plan has no main steps. "),
        ([steps(1, 3), steps(3, 4)], "Steps 3 to 4 are carried over twice. "),
        ([steps(1, 1, "ERROR")], "Steps 1 to 1 are carried over with ERROR, as if they had been judged. "),
    ],
)
def test_steps_that_do_not_fit_the_plan_are_refused(write_package, ranges, problem):
    record = run(write_package, *ranges)
    assert [line["k"] for line in record.lines] == ["error"]
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "ERROR")
    assert record.verdict["message"] == problem + (
        "The sequence has changed since the run that this one goes on from: run it again from its beginning."
    )


def test_ranges_know_what_they_hold():
    carried = CarriedOver({"batch": "x", "steps": [steps(7, 9), steps(2, 3)], "saved": {}})
    assert [index for index in range(12) if index in carried] == [2, 3, 7, 8, 9]
    assert [carried.within(range(*places)) for places in [(0, 12), (3, 8), (4, 7)]] == [5, 2, 0]
    assert not CarriedOver()
