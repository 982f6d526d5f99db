"""One step: its attempts, its result, and what ends it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sequences import trial


def only_step(write_package, body, options="", manifest=""):
    record = trial.run(write_package(f"@step({options})\ndef a(self, run):\n    {body}", manifest))
    return record, record.steps[0]


def test_step_that_asks_twice_passes_at_the_third_attempt(write_package):
    record, step = only_step(write_package, "run.attempt > 2 or run.retry('not yet')", "attempts=3")
    assert [(line["attempt"], line["outcome"], line["retrying"]) for line in record.attempts] == [
        (1, "FAIL", True),
        (2, "FAIL", True),
        (3, "PASS", False),
    ]
    assert (step["message"], record.verdict["outcome"]) == ("", "PASS")
    assert [line["attempt"] for line in record.of_kind("step.started")] == [1, 2, 3]


def test_step_that_always_asks_fails_when_no_attempt_is_left(write_package):
    record, step = only_step(write_package, "run.retry('never')", "attempts=5")
    assert (len(record.attempts), step["attempt"], step["outcome"], step["message"]) == (5, 5, "FAIL", "never")
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("completed", "FAIL")


def test_exception_under_retry_is_retried_like_a_failed_check(write_package):
    body = "if run.attempt < 3: raise OSError('no answer')"
    record, _ = only_step(write_package, body, "attempts=3")
    assert [line["outcome"] for line in record.attempts] == ["ERROR", "ERROR", "PASS"]
    assert record.attempts[0]["message"] == "OSError: no answer"
    assert (record.of_kind("error"), record.verdict["outcome"]) == ([], "PASS")


def test_failed_limit_is_retried_and_does_not_count(write_package):
    record, _ = only_step(write_package, "run.measure('x', run.attempt, minimum=2)", "attempts=2")
    assert [line["outcome"] for line in record.of_kind("measurement")] == ["FAIL", "PASS"]
    assert (record.verdict["outcome"], record.verdict["cause"]) == ("PASS", None)


def test_exception_in_the_last_attempt_is_an_error(write_package):
    record, _ = only_step(write_package, "raise OSError('gone')", "attempts=2")
    assert [line["attempt"] for line in record.of_kind("error")] == [2]
    assert record.verdict["ending"] == "failed"


def test_manifest_says_how_often_steps_are_tried(write_package):
    record, _ = only_step(write_package, "run.retry('no')", manifest="retry: {attempts: 4, delay_s: 0.001}")
    assert len(record.attempts) == 4


def test_timeout_is_not_retried(write_package):
    record, step = only_step(write_package, "time.sleep(5)", "attempts=3, timeout_s=0.05")
    assert (len(record.attempts), step["outcome"]) == (1, "TIMEOUT")


@pytest.mark.parametrize("body", ["exit(3)", "raise KeyboardInterrupt", "raise BaseException('odd')", "run.nothing"])
def test_whatever_a_step_raises_ends_it_with_an_error(write_package, body):
    record, step = only_step(write_package, body)
    assert (step["outcome"], record.verdict["outcome"]) == ("ERROR", "ERROR")


def test_fail_cannot_be_caught_by_accident(write_package):
    body = "\n    try: run.fail('bad')\n    except Exception: pass"
    assert only_step(write_package, body)[1]["message"] == "bad"


def test_returned_value_is_the_result_of_the_step(write_package):
    assert only_step(write_package, "return {'slope': [1, 2.5]}")[1]["result"] == {"slope": [1, 2.5]}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{1}", "TypeError: the result cannot be kept as JSON: Object of type set is not JSON serializable"),
        ("'x' * 70_000", "ValueError: the result is larger than 64 KiB: record a curve, or write a file"),
    ],
)
def test_result_that_cannot_be_kept_is_an_error(write_package, value, message):
    step = only_step(write_package, f"return {value}")[1]
    assert (step["outcome"], step["message"], step["result"]) == ("ERROR", message, None)


def test_result_of_the_run_goes_into_the_verdict(write_package):
    assert only_step(write_package, "run.result['mean'] = 2.5")[0].verdict["result"] == {"mean": 2.5}
    assert only_step(write_package, "pass")[0].verdict["result"] is None


def test_result_of_the_run_that_cannot_be_kept_is_an_error(write_package):
    record, _ = only_step(write_package, "run.result = object()")
    assert (record.verdict["outcome"], record.verdict["result"]) == ("ERROR", None)
    assert record.verdict["message"].startswith("run.result: the result cannot be kept as JSON")


FORKS = """
@step
def a(self, run):
    child = os.fork()
    if child == 0:
        return
    run.log(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))

@teardown
def off(self, run):
    with Path(__file__).with_name("switched_off").open("a") as file:
        file.write("once ")
"""


def test_forked_child_ends_with_its_step(write_package):
    package = write_package(FORKS)
    code = "import sys; from sequences import trial; print(trial.run(sys.argv[1]).logs)"
    done = subprocess.run([sys.executable, "-c", code, str(package)], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("['0']\n", "")
    assert (package / "switched_off").read_text() == "once "
