"""What a step prints or logs is told in its place, and a flood does not drown the story."""

from __future__ import annotations

import pytest


def logs(runner) -> list[tuple[str, str, str, int | None]]:
    return [(line["origin"], line["level"], line["message"], line["step"]) for line in runner.lines("log")]


def test_prints_and_logs_belong_to_their_step(runner):
    runner.run(
        "print('one\\ntwo'); print('bad', file=sys.stderr); logging.getLogger('lab.psu').error('no %s', 'volts')\n"
        "        print('unfinished', end='')"
    )
    runner.verdict()
    assert logs(runner)[:4] == [
        ("stdout", "INFO", "one", 0),
        ("stdout", "INFO", "two", 0),
        ("stderr", "WARNING", "bad", 0),
        ("lab.psu", "ERROR", "no volts", 0),
    ]
    assert logs(runner)[-1][2] == "unfinished"


def test_log_call_with_wrong_arguments_is_told_and_harmless(runner):
    runner.run("logging.warning('%d volts', 'many')")
    assert runner.verdict()["outcome"] == "PASS"
    assert logs(runner)[0][:3] == ("root", "WARNING", "%d volts ('many',)")


def test_flood_is_suppressed_but_what_the_run_logs_is_not(runner):
    runner.run(
        "for n in range(3_000): print('y' * 999)\n        for n in range(2_000): run.log('z' * 999)",
    )
    runner.verdict()
    kept = [message[:1] for _, _, message, _ in logs(runner)]
    assert kept.count("z") == 2_000
    assert 900 < kept.count("y") < 3_000
    assert any(message.endswith("lines suppressed: more than 1 MB/s of output") for _, _, message, _ in logs(runner))


@pytest.mark.parametrize(
    "body",
    [
        "while True: print('y' * 999)",
        "while True: logging.warning('y' * 999); time.sleep(0.0001)",
        "from threading import Thread\n        def flood(): [print('y' * 99) for _ in range(9_999)]\n"
        "        Thread(target=flood, daemon=True).start()\n        while True: pass",
    ],
)
def test_too_much_output_ends_the_run_with_its_teardown(runner, body):
    runner.run(body, resources={"output_mb": 0.25})
    verdict = runner.verdict()
    assert (verdict["ending"], verdict["outcome"], verdict["message"]) == (
        "failed",
        "ERROR",
        "output: 0.25 MiB allowed",
    )
    (error,) = runner.lines("error")
    assert (error["category"], error["exception"], error["step"]) == ("infrastructure", "LimitExceeded", 0)
    assert [message for origin, _, message, _ in logs(runner) if origin == "sequence"] == ["tidy"]
    assert sum(len(message) for _, _, message, _ in logs(runner)) <= 0.26 * 1024**2


def test_what_the_run_logs_is_no_output(runner):
    runner.run("for n in range(100): run.log('z' * 9_999)", resources={"output_mb": 0.25})
    assert runner.verdict()["outcome"] == "PASS"


def test_too_much_output_in_the_teardown_fails_the_run(runner):
    body = "pass\n\n    @teardown\n    def talk(self, run: Run) -> None:\n        print('y' * 999)"
    runner.run(body, resources={"output_mb": 0.0001})
    verdict = runner.verdict()
    assert (verdict["ending"], verdict["message"]) == ("failed", "output: 0.0001 MiB allowed")
    assert [line["outcome"] for line in runner.lines("step.ended")] == ["PASS"] * 3
