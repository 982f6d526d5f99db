"""A run that uses more than it may: it is ended with its teardown, and says which limit it was."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sequences import trial
from sequences.interrupts import LimitExceeded, Stopped, request
from tests.sequences.wishing import Wishing, answers, wish

LIMIT = "CPU time: 31 s used, 30 s allowed"
STEPS = """
@setup
def on(self, run): {setup}
@step(attempts=3)
def work(self, run): {body}
@step
def later(self, run): pass
@teardown
def off(self, run): {teardown}
"""
BY_SIGNAL = "signal.raise_signal(signal.SIGUSR1)"


@pytest.fixture(autouse=True)
def limit_signal() -> Iterator[None]:
    """SIGUSR1 says that a limit was exceeded, SIGUSR2 asks for a stop."""
    limit = signal.signal(signal.SIGUSR1, lambda _, frame: request(LimitExceeded(LIMIT), frame))
    stop = signal.signal(signal.SIGUSR2, lambda _, frame: request(Stopped("c1", "enough"), frame))
    yield
    signal.signal(signal.SIGUSR1, limit)
    signal.signal(signal.SIGUSR2, stop)


def package_of(write_package, setup="pass", body="pass", teardown="pass"):
    return write_package(STEPS.format(setup=setup, body=body, teardown=teardown))


def outcomes(record):
    return [str(outcome) for outcome in record.outcomes.values()]


def check_told_once(record, message=LIMIT):
    (error,) = record.of_kind("error")
    assert (error["category"], error["exception"], error["message"]) == ("infrastructure", "LimitExceeded", message)
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "ERROR")
    assert record.verdict["message"] == message


@pytest.mark.parametrize("body", [f"{BY_SIGNAL}; time.sleep(20)", f"{BY_SIGNAL}\n    while True: pass"])
def test_limit_interrupts_a_step_and_is_not_tried_again(write_package, body):
    record = trial.run(package_of(write_package, body=f"\n    {body}"))
    assert outcomes(record) == ["PASS", "ERROR", "SKIPPED", "PASS"]
    check_told_once(record)
    assert record.verdict["cause"] == "work"


def test_limit_is_obeyed_at_a_boundary(write_package):
    record = trial.run(
        package_of(write_package, body="run.sleep(20)"), desk=Wishing({"work": [wish("limit", reason=LIMIT)]})
    )
    assert outcomes(record) == ["PASS", "ERROR", "SKIPPED", "PASS"]
    check_told_once(record)


def test_limit_ends_a_pause(write_package):
    wishes = [wish("pause"), wish("limit", reason=LIMIT)]
    record = trial.run(package_of(write_package, body="run.sleep(20)"), desk=Wishing({"work": wishes}))
    assert outcomes(record) == ["PASS", "ERROR", "SKIPPED", "PASS"]
    check_told_once(record)


def test_limit_before_the_first_step_begins_none(write_package):
    record = trial.run(package_of(write_package), desk=Wishing({None: [wish("limit", reason=LIMIT)]}))
    assert set(outcomes(record)) == {"SKIPPED"}
    assert record.steps[0]["message"] == "the run exceeded a limit"
    check_told_once(record)


def test_limit_while_the_package_is_imported_refuses_it(write_package):
    record = trial.run(write_package(f"{BY_SIGNAL}\ntime.sleep(20)\n@step\ndef a(self, run): pass"))
    assert [line["k"] for line in record.lines] == ["error"]
    check_told_once(record)


@pytest.mark.parametrize("teardown", [f"{BY_SIGNAL}; time.sleep(0.02)", "run.boundary()"])
def test_limit_in_the_teardown_does_not_end_it_but_fails_the_run(write_package, teardown):
    package = package_of(write_package, teardown=teardown)
    record = trial.run(package, desk=Wishing({"off": [wish("limit", "", LIMIT)]}))
    assert outcomes(record) == ["PASS"] * 4
    check_told_once(record)


def test_limit_in_a_teardown_that_takes_too_long_is_still_told(write_package):
    steps = STEPS.replace("@teardown", "@teardown(timeout_s=0.1)")
    record = trial.run(write_package(steps.format(setup="pass", body="pass", teardown=f"{BY_SIGNAL}; time.sleep(20)")))
    assert outcomes(record) == ["PASS", "PASS", "PASS", "TIMEOUT"]
    assert [error["exception"] for error in record.of_kind("error")] == ["StepTimeout", "LimitExceeded"]
    assert (record.verdict["outcome"], record.verdict["message"]) == ("ERROR", LIMIT)


def test_first_of_stop_and_limit_counts(write_package):
    both = "signal.pthread_sigmask(0, [10, 12]); {}; signal.pthread_sigmask(1, [10, 12])"
    stop = "signal.raise_signal(signal.SIGUSR2)"
    record = trial.run(package_of(write_package, body=both.format(f"{BY_SIGNAL}; {stop}")))
    assert outcomes(record) == ["PASS", "ERROR", "SKIPPED", "PASS"]
    check_told_once(record)


def test_limit_comes_before_a_skip(write_package):
    wishes = [wish("pause"), wish("skip", "c1", step=1), wish("limit", reason=LIMIT)]
    record = trial.run(package_of(write_package, body="run.sleep(20)"), desk=Wishing({"work": wishes}))
    assert outcomes(record)[1] == "ERROR"
    assert answers(record)[-1] == ("c1", "skip has no effect: the step has ended", False)
    check_told_once(record)


@pytest.fixture
def few_files() -> Iterator[int]:
    """So many open files are allowed; what a sequence leaves open is closed."""
    limits, before = resource.getrlimit(resource.RLIMIT_NOFILE), open_files()
    allowed = max(before) + 20
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, limits[1]))
    yield allowed
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    for left in open_files() - before:
        with suppress(OSError):
            os.close(left)


def open_files() -> set[int]:
    """The descriptors of this process, with that by which it looks for them."""
    return {int(entry.name) for entry in Path("/proc/self/fd").iterdir()}


@pytest.mark.parametrize(
    "body",
    [
        "self.pipes = [os.pipe() for _ in range(1000)]",
        "\n    try: self.pipes = [os.pipe() for _ in range(1000)]"
        "\n    except OSError as error: raise ValueError from error",
    ],
)
def test_too_many_open_files_are_a_limit(write_package, few_files, body):
    record = trial.run(package_of(write_package, body=body))
    assert outcomes(record) == ["PASS", "ERROR", "SKIPPED", "PASS"]
    check_told_once(record, f"open files: {few_files} allowed")
    assert "Too many open files" in record.of_kind("error")[0]["traceback"]


def test_other_errors_of_the_system_are_no_limit(write_package):
    record = trial.run(package_of(write_package, body="open('/nowhere')"))
    assert record.of_kind("error")[0]["exception"] == "FileNotFoundError"
