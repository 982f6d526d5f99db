"""A runner serves safe states, then one run; then it is gone."""

from __future__ import annotations

import json
import signal
import time

import pytest


def test_parked_runner_makes_safe_and_still_runs(runner):
    for _ in range(2):
        runner.send({"do": "make_safe", "instruments": {}, "budget_s": 0.5, "check_first": False})
        assert json.loads(runner.socket.recv(1000)[1:]) == {"confirmed": True, "instruments": {}}
    runner.run("run.measure('x', 1.0)")
    assert runner.verdict()["outcome"] == "PASS"


def test_parked_runner_ends_with_its_guard(runner):
    runner.socket.close()
    assert runner.process.wait(5) == 0


def test_deadline_of_a_step_is_announced(runner):
    runner.run("run.sleep(0.05)")
    messages = []
    while (message := runner.socket.recv(1000))[:1] != b"v":
        messages.append(message)
    assert all(message[:1] == b"d" for message in messages)
    assert float(messages[0][1:]) > time.monotonic()


def test_stop_interrupts_at_once_and_tidies(runner):
    runner.run("end = time.monotonic() + 20\n        while time.monotonic() < end: pass")
    wait_for_work(runner)
    runner.send({"word": "stop", "control": "c-9", "reason": "enough"})
    runner.process.send_signal(signal.SIGUSR1)
    assert runner.verdict()["ending"] == "stopped"
    assert [line["control"] for line in runner.lines("control")] == ["c-9"]
    assert [line["message"] for line in runner.lines("log")] == ["tidy"]


def test_terminate_with_a_living_guard_is_a_stop(runner):
    runner.run("run.sleep(20)")
    wait_for_work(runner)
    runner.process.terminate()
    assert runner.verdict()["ending"] == "stopped"


def test_lost_guard_ends_the_run_without_its_teardown(runner):
    runner.run("while True: run.sleep(0.01)")
    wait_for_work(runner)
    runner.socket.close()
    assert runner.process.wait(5) == 4
    assert [line["by"] for line in runner.lines("safe_state")] == ["runner"]
    assert runner.lines("log") == []


@pytest.mark.parametrize("limit", [30_000, 300_000])
def test_full_spool_ends_the_run_with_its_teardown(runner, limit: int):
    runner.run("for n in range(100_000): run.log('x' * 100)", spool_limit=limit)
    verdict = runner.verdict()
    assert (verdict["ending"], verdict["outcome"]) == ("failed", "ERROR")
    assert [line["category"] for line in runner.lines("error")] == ["infrastructure"]
    assert runner.lines("log")[-1]["message"] == "tidy"
    assert runner.spool.stat().st_size <= limit


def wait_for_work(runner) -> None:
    until = time.monotonic() + 5
    while not runner.lines("step.started") and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(0.05)
