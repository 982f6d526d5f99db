"""Skipping a step: the one that runs at its next boundary, one to come when its turn comes, and nothing else."""

from __future__ import annotations

import pytest

from sequences import trial
from tests.sequences.wishing import Wishing, answers, wish

STEPS = """
@setup
def on(self, run): run.boundary()
@step({options})
def a(self, run): {body}
@step(repeat=3)
def b(self, run): run.boundary()
@teardown
def off(self, run): run.boundary()
"""
ON, A, B, OFF = 0, 1, 2, 5


def run(write_package, wishes, body="run.boundary()", options=""):
    return trial.run(write_package(STEPS.format(body=body, options=options)), desk=Wishing(wishes))


def ends(record):
    return [(line["step"], str(line["outcome"])) for line in record.attempts]


def skip(step, control="c1", reason=""):
    return wish("skip", control, reason, step=step)


@pytest.mark.parametrize("body", ["run.boundary()", "run.sleep(20)", "run.log(1); run.boundary()"])
def test_running_step_is_left_at_its_next_boundary(write_package, body):
    record = run(write_package, {"a": [skip(A, reason="seen enough")]}, body, "attempts=3")
    assert ends(record) == [(ON, "PASS"), (A, "SKIPPED"), (B, "PASS"), (3, "PASS"), (4, "PASS"), (OFF, "PASS")]
    assert record.steps[1]["message"] == "skipped by request: seen enough"
    assert answers(record) == [("c1", "skip obeyed in step 'a'", True)]
    assert record.of_kind("error") == []
    assert record.verdict["message"] == "Every step passed but 1 skipped by request."
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("completed", "PASS")


def test_coming_step_is_left_out_when_its_turn_comes(write_package):
    record = run(write_package, {"on": [skip(3), skip(A, "c2")]})
    assert ends(record) == [(ON, "PASS"), (A, "SKIPPED"), (B, "PASS"), (3, "SKIPPED"), (4, "PASS"), (OFF, "PASS")]
    assert [line["step"] for line in record.of_kind("step.started")] == [ON, B, 4, OFF]
    assert answers(record) == [("c1", "step 'b' will be skipped", True), ("c2", "step 'a' will be skipped", True)]
    assert [line["progress"] for line in record.attempts][-1] == 1.0
    assert record.verdict["message"] == "Every step passed but 2 skipped by request."


def test_skip_is_told_with_the_step_it_is_about(write_package):
    (line,) = run(write_package, {None: [skip(B)]}).of_kind("control")
    assert (line["control"], line["word"], line["step"]) == ("c1", "skip", B)


@pytest.mark.parametrize(
    ("step", "where", "why"),
    [
        (ON, "a", "setup and teardown are not skipped"),
        (OFF, "a", "setup and teardown are not skipped"),
        (A, "b", "the step has ended"),
        (99, "a", "the plan has no step 99"),
        (-1, "a", "the plan has no step -1"),
        (B, "off", "the teardown is running"),
    ],
)
def test_skip_of_what_cannot_be_skipped_has_no_effect(write_package, step, where, why):
    record = run(write_package, {where: [skip(step)]})
    assert answers(record) == [("c1", f"skip has no effect: {why}", False)]
    assert {outcome for _, outcome in ends(record)} == {"PASS"}


def test_second_skip_of_a_step_has_no_effect(write_package):
    record = run(write_package, {"a": [skip(3), skip(3, "c2")]})
    assert answers(record)[1] == ("c2", "skip has no effect: the step is being skipped", False)


def test_step_that_catches_its_skip_ends_by_itself_and_the_next_is_not_hit(write_package):
    body = "\n    try: run.boundary()\n    except BaseException: return 7"
    record = run(write_package, {"a": [skip(A)]}, body)
    assert ends(record)[1:3] == [(A, "PASS"), (B, "PASS")]
    assert answers(record) == [
        ("c1", "skip obeyed in step 'a'", True),
        ("c1", "skip has no effect: the step has ended", False),
    ]
    assert record.verdict["message"] == "Every step passed."


def test_skip_ends_the_wait_for_the_next_attempt(write_package):
    class WhileWaiting(trial.Desk):
        def receive_wish(self, timeout_s):
            return skip(A) if timeout_s and timeout_s > 1 else super().receive_wish(0.0)

    package = write_package(STEPS.format(body="run.retry('no')", options="attempts=3, retry_delay_s=20"))
    record = trial.run(package, desk=WhileWaiting())
    assert [(line["attempt"], str(line["outcome"])) for line in record.attempts if line["step"] == A] == [
        (1, "FAIL"),
        (2, "SKIPPED"),
    ]
    assert record.verdict["outcome"] == "PASS"


def test_skip_while_paused_leaves_the_step_when_the_run_goes_on(write_package):
    wishes = [wish("pause"), skip(A), skip(4, "c2"), wish("resume")]
    record = run(write_package, {"a": wishes}, "run.sleep(20)")
    assert ends(record)[1:] == [(A, "SKIPPED"), (B, "PASS"), (3, "PASS"), (4, "SKIPPED"), (OFF, "PASS")]
    assert answers(record) == [
        ("c1", "step 'a' will be skipped when the run goes on", True),
        ("c2", "step 'b' will be skipped", True),
    ]


def test_stop_after_a_skip_wins(write_package):
    record = run(write_package, {"a": [wish("pause"), skip(A), wish("stop")]}, "run.sleep(20)")
    assert ends(record)[1] == (A, "NONE")
    assert answers(record)[1:] == [
        ("stop", "stop obeyed in step 'a'", True),
        ("c1", "skip has no effect: the step has ended", False),
    ]
    assert record.verdict["ending"] == "stopped"


def test_skipped_failure_does_not_count_but_others_do(write_package):
    body = "run.measure('x', 1, minimum=2); run.boundary()"
    record = run(write_package, {"a": [skip(A)]}, body)
    assert (record.verdict["outcome"], record.verdict["cause"]) == ("PASS", None)
    failed = STEPS.format(body="run.fail('bad')", options="")
    record = trial.run(write_package(failed), desk=Wishing({"b": [skip(3)]}))
    assert record.verdict["message"] == "Step 'a' failed: bad (1 skipped by request)"
