"""A step over items within its run: what comes before and after it, and how its items make its outcome."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sequences import trial
from sequences.items.results import ItemResult, read_results
from tests.installations import HOUSE

LOOK = """
@step(items=True)
def look(self, run, item):
    {body}
@step
def after(self, run):
    run.result = {{"ok": [each.index for each in run.items("look") if each.ok]}}
"""
Write = Callable[..., Path]


def over(body: str) -> str:
    return LOOK.format(body=body)


def results(record: trial.Record, step: str = "look") -> list[ItemResult]:
    return list(read_results(record.folder / f"{step}.jsonl"))


def test_every_item_has_its_result(write_over_items: Write, folder: Path):
    record = trial.run(write_over_items(over("return item.read_bytes().decode()")), items=folder, chunk_size=3)
    assert record.passed, record.story
    assert [(found.path, found.result) for found in results(record)] == [(f"{n}.txt", f"item {n}") for n in range(10)]
    assert [line["chunk"] for line in record.of_kind("chunk.ended")] == [0, 1, 2, 3]
    first, second = record.steps
    assert (first["input_count"], first["output_count"], first["message"]) == (10, 10, "")
    assert record.verdict["result"] == {"ok": list(range(10))}
    assert second["outcome"] == "PASS"


@pytest.mark.parametrize(
    ("allowed", "outcome", "message"),
    [(0, "FAIL", "2 of 10 items failed"), (1, "FAIL", "2 of 10 items failed, 1 may"), (2, "PASS", "")],
)
def test_failed_items_fail_the_step_when_there_are_too_many(
    write_over_items: Write, folder: Path, allowed: int, outcome: str, message: str
):
    package = write_over_items(over("if item.index in (1, 7): raise BadItem('odd')"), f"max_failed_items: {allowed}")
    record = trial.run(package, items=folder)
    assert (record.outcomes["look"], record.steps[0]["message"]) == (outcome, message)
    assert record.verdict["result"] == {"ok": [0, 2, 3, 4, 5, 6, 8, 9]}
    assert [found.error for found in results(record) if not found.ok] == ["odd", "odd"]


def test_two_folders_are_told_apart(write_over_items: Write, folder: Path, tmp_path: Path):
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "0.txt").write_text("target")
    package = write_over_items(over("return item.side"))
    record = trial.run(package, items=folder, target_items=tmp_path / "targets")
    assert [found.result for found in results(record)] == ["dataset"] * 10 + ["target_dataset"]


def test_trial_that_names_no_folder_says_so(write_over_items: Write):
    with pytest.raises(trial.Unanswered, match=r"step 'look' goes over items: name their folder") as missing:
        trial.run(write_over_items(over("return 1")))
    assert missing.value.record.outcomes == {"look": "NONE", "after": "SKIPPED"}


def test_without_items_the_run_goes_on(write_over_items: Write, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    record = trial.run(write_over_items(over("return 1")), items=tmp_path / "empty")
    assert (record.passed, record.verdict["result"], record.of_kind("chunk.begun")) == (True, {"ok": []}, [])


def test_items_know_what_was_before_them_and_nothing_of_each_other(write_over_items: Write, folder: Path):
    steps = """
    parts = []
    @setup
    def prepare(self, run):
        self.left = "by setup"
        run.save("offset", 5)
    @step(items=True)
    def look(self, run, item):
        self.seen = getattr(self, "seen", 0) + 1
        return [hasattr(self, "left"), run.saved("offset"), run.subject, self.seen]
    @step
    def after(self, run):
        run.result = {"seen": getattr(self, "seen", 0), "left": self.left}
    """
    record = trial.run(write_over_items(steps), items=folder, subject="SN-7", chunk_size=5)
    assert record.verdict["result"] == {"seen": 0, "left": "by setup"}
    assert [found.result for found in results(record)] == [[False, 5, "SN-7", seen] for seen in range(1, 11)]


def test_second_step_goes_over_what_completed_the_first(write_over_items: Write, folder: Path):
    steps = """
    @step(items=True, critical=False)
    def first(self, run, item):
        if item.index % 2: raise BadItem("odd")
        return item.index
    @step(items=True)
    def second(self, run, item): return item.index * 10
    @step
    def after(self, run):
        first, second = run.items("first"), run.items("second")
        run.result = {"first": sum(each.ok for each in first), "second": [each.result for each in second]}
    """
    record = trial.run(write_over_items(steps), items=folder)
    assert record.verdict["result"] == {"first": 5, "second": [0, 20, 40, 60, 80]}


def test_step_that_has_not_ended_has_no_results(write_over_items: Write, folder: Path):
    steps = "@step\ndef before(self, run): list(run.items('look'))\n" + over("return 1")
    record = trial.run(write_over_items(steps), items=folder)
    assert record.errors == ["ValueError: no step over items named 'look' has ended before this one (ended: none)"]


def test_constructor_that_raises_fails_every_item(write_over_items: Write, folder: Path):
    steps = "def __init__(self):\n    if os.getpid() != RUNNER: raise RuntimeError('no model')\n"
    package = write_over_items(steps + over("return 1"))
    source = package / "sequence.py"
    source.write_text(source.read_text().replace("@sequence\n", "RUNNER = os.getpid()\n@sequence\n"))
    record = trial.run(package, items=folder)
    assert record.steps[0]["message"] == "10 of 10 items failed"
    assert {found.error for found in results(record)} == {"no model"}


def test_what_an_item_forks_does_not_answer_in_its_place(write_over_items: Write, folder: Path):
    body = "pid = os.fork()\n    if pid: os.waitpid(pid, 0)\n    return bool(pid)"
    record = trial.run(write_over_items(over(body)), items=folder)
    assert [found.result for found in results(record)] == [True] * 10
    assert len(record.of_kind("item")) == 10


PRINTING = """
import sys
from sequences import trial
record = trial.run(sys.argv[1], items=sys.argv[2], chunk_size=4)
print("outcome", record.verdict["outcome"])
"""


def test_what_items_print_is_written_once(write_over_items: Write, folder: Path):
    steps = "@setup\ndef begin(self, run): print('begin')\n"
    body = "print('item', item.index, end='' if item.index == 9 else None)\n    if item.index == 4: os._exit(3)"
    package = write_over_items(steps + over(body))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", PRINTING, str(package), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"begin|item \d|outcome \w+", done.stdout) == [
        "begin",
        *(f"item {number}" for number in (0, 1, 2, 3, 5, 6, 7, 8, 9)),
        "outcome FAIL",
    ]
