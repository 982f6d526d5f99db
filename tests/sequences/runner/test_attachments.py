"""Attachments of a runner in its own process: its limit, a full disk, and a death at the wrong moment."""

from __future__ import annotations

import hashlib
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.installations import wait_until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "attachments" / "run"


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def test_files_lie_where_the_job_says(runner, folder: Path):
    runner.run("run.attach('a.txt', 'one'); run.attach('b.txt', 'one')", attachments=str(folder))
    assert runner.verdict()["outcome"] == "PASS"
    assert [line["name"] for line in runner.lines("attachment")] == ["a.txt", "b.txt"]
    assert files(folder) == {hashlib.sha256(b"one").hexdigest(): 3}


@pytest.mark.parametrize(
    ("body", "more", "name", "message"),
    [
        (
            "[run.attach(str(n), os.urandom(100_000)) for n in range(100)]",
            {"resources": {"attachments_mb": 0.5}},
            "LimitExceeded",
            "attachments: 0.6 MiB used, 0.5 MiB allowed",
        ),
        (
            "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n        "
            "[run.attach(str(n), os.urandom(190_000 + 2_000 * n)) for n in range(100)]",
            {},
            "DiskFull",
            "File too large: the disk takes no more of what this run attaches",
        ),
    ],
    ids=["limit", "disk"],
)
def test_too_much_ends_the_run_with_its_teardown(
    runner, folder: Path, body: str, more: dict[str, Any], name: str, message: str
):
    runner.run(body, attachments=str(folder), **more)
    verdict = runner.verdict()
    assert (verdict["ending"], verdict["outcome"], verdict["message"]) == ("failed", "ERROR", message)
    (error,) = runner.lines("error")
    assert (error["category"], error["exception"]) == ("infrastructure", name)
    assert runner.lines("log")[-1]["message"] == "tidy"
    kept = {line["sha256"]: line["size"] for line in runner.lines("attachment")}
    assert (files(folder), len(kept)) == (kept, 5 if more else 6)


def test_every_line_has_its_whole_file_when_the_runner_is_killed(runner, folder: Path):
    runner.run("[run.attach(str(n), os.urandom(300_000)) for n in range(10_000)]", attachments=str(folder))
    wait_until(lambda: len(runner.lines("attachment")) > 5, 10, "some attachments")
    runner.process.send_signal(signal.SIGKILL)
    runner.process.wait()
    whole = {name: size for name, size in files(folder).items() if not name.startswith(".")}
    kept = {line["sha256"]: line["size"] for line in runner.lines("attachment")}
    assert kept.items() <= whole.items()
    assert len(whole) - len(kept) <= 1
    for name in kept:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == name
