"""What a step prints or logs is told in its place, and a flood does not drown the story."""

from __future__ import annotations


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
