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


def test_limit_interrupts_at_once_and_tidies(runner):
    runner.run("end = time.monotonic() + 20\n        while time.monotonic() < end: pass")
    wait_for_work(runner)
    runner.send({"word": "limit", "control": "", "reason": "CPU time: 31 s used, 30 s allowed"})
    runner.process.send_signal(signal.SIGUSR1)
    verdict = runner.verdict()
    assert (verdict["ending"], verdict["outcome"]) == ("failed", "ERROR")
    assert verdict["message"] == "CPU time: 31 s used, 30 s allowed"
    assert [line["exception"] for line in runner.lines("error")] == ["LimitExceeded"]
    assert [line["message"] for line in runner.lines("log")] == ["tidy"]


@pytest.mark.parametrize("first", ["stop", "limit"])
def test_terminate_after_a_wish_changes_nothing(runner, first: str):
    runner.run(
        "signal.pthread_sigmask(0, [10, 15]); run.log('blocked')\n        time.sleep(0.3)\n"
        "        signal.pthread_sigmask(1, [10, 15]); time.sleep(20)"
    )
    wait_for_work(runner)
    runner.send({"word": first, "control": "c-9", "reason": "enough"})
    runner.process.send_signal(signal.SIGUSR1)
    runner.process.terminate()
    assert runner.verdict()["message"] == ("Stopped in step 'work': enough." if first == "stop" else "enough")


def test_skip_and_settings_wait_for_a_boundary(runner):
    runner.run("time.sleep(0.3); run.sleep(20)", manifest="parameters: {n: {type: integer, default: 1, live: true}}\n")
    wait_for_work(runner)
    runner.send({"word": "settings", "control": "c-1", "reason": "", "settings": {"n": 2}})
    runner.send({"word": "skip", "control": "c-2", "reason": "", "step": 0})
    assert runner.verdict()["message"] == "Every step passed but 1 skipped by request."
    told = [(line["control"], line["message"]) for line in runner.lines("control")]
    assert told == [("c-1", "n: 1 → 2"), ("c-2", "skip obeyed in step 'work'")]


def test_settings_as_long_as_a_job_are_taken(runner):
    manifest = "parameters: {text: {type: string, default: '', live: true}}\n"
    runner.run("time.sleep(0.3); run.boundary(); run.log(len(run.parameters.text))", manifest=manifest)
    wait_for_work(runner)
    runner.send({"word": "settings", "control": "c-1", "reason": "", "settings": {"text": "x" * 100_000}})
    assert runner.verdict()["outcome"] == "PASS"
    assert [line["message"] for line in runner.lines("log")] == ["100000", "tidy"]


def test_run_goes_on_from_an_earlier_one(runner):
    carried = {"batch": "earlier", "steps": [{"first": 0, "last": 0, "outcome": "PASS", "marginal": False}]}
    runner.run("run.sleep(20)", carried={**carried, "saved": {}})
    assert runner.verdict()["outcome"] == "PASS"
    assert [line["name"] for line in runner.lines("step.started")] == ["tidy"]


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


def test_signals_do_not_disturb_whoever_lets_go_of_the_instruments(runner):
    runner.run(
        "from sequences.runner.guarded_host import guard_lost\n        lost = guard_lost()\n"
        "        os.kill(os.getpid(), signal.SIGTERM); os.kill(os.getpid(), signal.SIGUSR1); raise lost"
    )
    assert runner.process.wait(5) == 4
    assert [line["confirmed"] for line in runner.lines("safe_state")] == [True]


@pytest.mark.parametrize("limit", [30_000, 300_000])
def test_full_spool_ends_the_run_with_its_teardown(runner, limit: int):
    runner.run("for n in range(100_000): run.log('x' * 100)", spool_limit=limit)
    verdict = runner.verdict()
    assert (verdict["ending"], verdict["outcome"]) == ("failed", "ERROR")
    assert "the story of this run (spool_mb) exceeds" in verdict["message"]
    assert [line["category"] for line in runner.lines("error")] == ["infrastructure"]
    assert runner.lines("log")[-1]["message"] == "tidy"
    assert runner.spool.stat().st_size <= limit


def wait_for_work(runner) -> None:
    until = time.monotonic() + 5
    while not runner.lines("step.started") and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(0.05)
