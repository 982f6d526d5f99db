"""Pause, resume and stop, as people wish them."""

from __future__ import annotations

import time

import pytest

from sequences import trial
from sequences.host import GuardLost


def wish(word, control="", reason=""):
    return {"word": word, "control": control or word, "reason": reason}


class Timed(trial.Desk):
    """Hands each wish out at its time, in seconds after the start."""

    def __init__(self, *timed):
        super().__init__()
        self._timed = [(time.monotonic() + at, wish(word)) for at, word in timed]

    def receive_wish(self, timeout_s):
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            if self._timed and time.monotonic() >= self._timed[0][0]:
                return self._timed.pop(0)[1]
            if end is not None and time.monotonic() >= end:
                return None
            time.sleep(0.001)


TWO_STEPS = """
@setup
def on(self, run): pass
@step
def a(self, run): pass
@step
def b(self, run): pass
@teardown
def off(self, run): pass
"""


def kinds(record):
    return [(line["k"], line.get("control")) for line in record.lines if line["k"].startswith(("batch.", "control"))]


def test_pause_and_resume_are_obeyed_before_a_step(write_package):
    desk = trial.Desk([wish("pause", "c1", "lunch"), wish("resume", "c2")])
    record = trial.run(write_package(TWO_STEPS), desk=desk)
    assert kinds(record) == [("batch.started", None), ("batch.paused", "c1"), ("batch.resumed", "c2")]
    assert record.of_kind("batch.paused")[0]["message"] == "lunch"
    assert record.verdict["outcome"] == "PASS"


def test_stop_before_the_first_step_runs_nothing(write_package):
    record = trial.run(write_package(TWO_STEPS), desk=trial.Desk([wish("stop", "c1", "wrong board")]))
    assert record.of_kind("step.started") == []
    reasons = [(step["name"], step["outcome"], step["message"]) for step in record.steps]
    assert reasons == [
        ("on", "SKIPPED", "the run was stopped"),
        ("a", "SKIPPED", "the run was stopped"),
        ("b", "SKIPPED", "the run was stopped"),
        ("off", "SKIPPED", "nothing was set up"),
    ]
    assert record.of_kind("control")[0]["message"] == "stop obeyed before step 'on'"
    assert record.verdict["message"] == "Stopped before step 'on': wrong board."


def test_stop_while_paused_tears_down(write_package):
    steps = "@step\ndef a(self, run): run.boundary()\n@teardown(timeout_s=0.05)\ndef off(self, run): run.sleep(20)"
    desk = Timed((0.02, "pause"), (0.05, "stop"))
    record = trial.run(write_package(steps.replace("run.boundary()", "run.sleep(0.03)", 1)), desk=desk)
    assert record.outcomes == {"a": "NONE", "off": "TIMEOUT"}  # after a pause the clock of the teardown runs
    assert kinds(record)[1:] == [("batch.paused", "pause"), ("control", "stop")]


def test_pause_stops_the_clock_of_sleep_and_of_both_timeouts(write_package):
    steps = "@step(timeout_s=0.2)\ndef a(self, run): run.sleep(0.1)"
    desk = Timed((0.05, "pause"), (0.45, "resume"))
    record = trial.run(write_package(steps, "timeout_s: 0.3"), desk=desk)
    assert record.outcomes == {"a": "PASS"}
    assert record.steps[0]["duration_ms"] >= 490
    assert None in record.deadlines


def test_timeout_goes_on_after_a_pause(write_package):
    steps = "@step(timeout_s=0.1)\ndef a(self, run): run.sleep(20)"
    record = trial.run(write_package(steps), desk=Timed((0.03, "pause"), (0.2, "resume")))
    assert record.outcomes == {"a": "TIMEOUT"}
    assert record.steps[0]["duration_ms"] >= 260


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["resume"], "resume has no effect: the run is not paused"),
        (["pause", "pause", "resume"], "pause has no effect: the run is paused"),
    ],
)
def test_wish_without_effect_is_answered(write_package, words, message):
    record = trial.run(write_package(TWO_STEPS), desk=trial.Desk(map(wish, words)))
    assert [line["message"] for line in record.of_kind("control")] == [message]
    assert record.verdict["outcome"] == "PASS"


@pytest.mark.parametrize("word", ["pause", "stop"])
def test_wish_during_teardown_has_no_effect(write_package, word):
    steps = "@step\ndef a(self, run): pass\n@teardown\ndef off(self, run): run.sleep(0.2)"
    record = trial.run(write_package(steps), desk=Timed((0.1, word)))
    assert record.outcomes == {"a": "PASS", "off": "PASS"}
    answer = record.of_kind("control")[0]
    assert (answer["message"], answer["obeyed"]) == (f"{word} has no effect: the teardown is running", False)


def test_stop_is_obeyed_while_waiting_for_the_next_attempt(write_package):
    steps = "@step(attempts=3, retry_delay_s=20)\ndef a(self, run): run.retry('no')"
    record = trial.run(write_package(steps), desk=Timed((0.05, "stop")))
    assert [(line["attempt"], line["outcome"], line["retrying"]) for line in record.attempts] == [
        (1, "FAIL", True),
        (2, "NONE", False),
    ]
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("stopped", "NONE")


def test_stopped_run_that_had_failures_is_stopped_and_names_the_cause(write_package):
    steps = "@step\ndef a(self, run): run.fail('bad')\n@step\ndef b(self, run): run.sleep(20)"
    record = trial.run(write_package(steps), desk=Timed((0.1, "stop")))
    assert (record.verdict["ending"], record.verdict["outcome"], record.verdict["cause"]) == ("stopped", "NONE", "a")


def test_progress_goes_on_after_a_failure(write_package):
    steps = "@step\ndef a(self, run): run.fail('bad')\n@step\ndef b(self, run): run.progress(1, 2)"
    record = trial.run(write_package(steps))
    assert [line["progress"] for line in record.lines if "progress" in line] == [0.5, 0.75, 1.0]


class LosesItsGuard(trial.Desk):
    def receive_wish(self, timeout_s):
        if self.record.of_kind("step.started"):
            raise GuardLost
        return None


@pytest.mark.parametrize("body", ["run.sleep(1)", "run.boundary()", "pass"])
def test_lost_guard_ends_everything_at_once(write_package, body):
    steps = f"@step\ndef a(self, run): {body}\n@step\ndef b(self, run): pass\n@teardown\ndef off(self, run): pass"
    desk = LosesItsGuard()
    with pytest.raises(GuardLost):
        trial.run(write_package(steps), desk=desk)
    assert [line["name"] for line in desk.record.of_kind("step.started")] == ["a"]
