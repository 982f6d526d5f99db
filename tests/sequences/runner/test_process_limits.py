"""What the operating system holds a runner to."""

from __future__ import annotations

import pytest

LIMITS = "import resource; return [resource.getrlimit(resource.RLIMIT_{name})]"


def result_of(runner) -> object:
    return runner.lines("step.ended")[0]["result"]


@pytest.mark.parametrize(("files", "allowed"), [(16, 16), (40, 40)])
def test_open_files_are_limited_for_good(runner, files: int, allowed: int):
    runner.run(LIMITS.format(name="NOFILE"), resources={"files": files})
    assert runner.verdict()["outcome"] == "PASS"
    assert result_of(runner) == [[allowed, allowed]]


def test_engine_keeps_the_files_that_it_needs(runner):
    runner.run(LIMITS.format(name="NOFILE"), resources={"files": 16}, instruments={str(n): {} for n in range(3)})
    runner.verdict()
    assert result_of(runner) == [[31, 31]]


def test_run_that_opens_too_many_files_names_the_limit_and_tidies(runner):
    runner.run("self.pipes = [os.pipe() for _ in range(40)]", resources={"files": 20})
    verdict = runner.verdict()
    assert (verdict["ending"], verdict["outcome"]) == ("failed", "ERROR")
    assert verdict["message"] == "open files: 20 allowed"
    assert [line["message"] for line in runner.lines("log")] == ["tidy"]


def test_fewest_files_are_enough_for_a_run_that_uses_what_it_needs(runner):
    body = "import sqlite3, decimal, tempfile; tempfile.TemporaryFile().close(); run.log(open(__file__).read()[:9])"
    runner.run(body, resources={"files": 16})
    assert runner.verdict()["outcome"] == "PASS"


def test_runner_leaves_no_core_dump(runner):
    runner.run(LIMITS.format(name="CORE"))
    runner.verdict()
    assert result_of(runner) == [[0, 0]]
