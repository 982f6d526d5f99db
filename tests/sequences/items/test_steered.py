"""People steer a run while it goes over items."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sequences import trial
from sequences.items.results import read_results
from tests.installations import alive
from tests.sequences.items.orders import Timed, children

Write = Callable[..., Path]
SLOW = """
@step(items=True{options})
def look(self, run, item):
    run.log(str(os.getpid()))
    time.sleep(0.05)
    return {result}
@step
def after(self, run): pass
@teardown
def off(self, run): run.log("off")
"""


def slow(options: str = "", result: str = "os.getpid()") -> str:
    return SLOW.format(options=options, result=result)


def begun(desk: Timed) -> bool:
    """Within the first item."""
    return bool(desk.record.logs)


def after_items(number: int) -> Callable[[Timed], bool]:
    return lambda desk: desk.settled >= number


def no_child_is_left(record: trial.Record) -> bool:
    pids = {int(text) for text in record.logs if text.isdecimal()}
    return not pids & children() and not any(map(alive, pids))


def test_pause_lets_the_item_in_work_end_and_begins_no_other(write_over_items: Write, folder: Path):
    paused: dict[str, Any] = {}

    def long_enough(desk: Timed) -> bool:
        paused.setdefault("since", time.monotonic())
        paused["settled"] = desk.settled
        return time.monotonic() > paused["since"] + 1.2

    desk = Timed((begun, {"word": "pause"}), (long_enough, {"word": "resume"}))
    # The item in work during the pause has less time than it lasts.
    record = trial.run(write_over_items(slow(", item_timeout_s=1")), items=folder, desk=desk)
    assert record.passed, record.story
    assert paused["settled"] == 0
    assert [line["index"] for line in record.of_kind("item")] == list(range(10))


def test_chunks_that_come_during_a_pause_are_worked_on_afterwards(write_over_items: Write, folder: Path):
    desk = Timed((after_items(2), {"word": "pause"}), (lambda desk: True, {"word": "resume"}))
    record = trial.run(write_over_items(slow()), items=folder, desk=desk, chunk_size=1)
    assert (record.passed, desk.settled) == (True, 10)


def test_stop_ends_the_item_in_work_and_runs_the_teardown(write_over_items: Write, folder: Path):
    package = write_over_items(slow().replace("time.sleep(0.05)", "time.sleep(0.05 if item.index < 2 else 600)"))
    desk = Timed((after_items(2), {"word": "stop", "reason": "enough"}))
    record = trial.run(package, items=folder, desk=desk)
    assert (record.verdict["ending"], record.logs[-1]) == ("stopped", "off")
    assert record.outcomes == {"look": "NONE", "after": "SKIPPED", "off": "PASS"}
    assert no_child_is_left(record)


def test_step_that_takes_too_long_ends_its_item(write_over_items: Write, folder: Path):
    package = write_over_items(slow(", timeout_s=0.5").replace("0.05", "600"))
    record = trial.run(package, items=folder)
    assert record.outcomes == {"look": "TIMEOUT", "after": "SKIPPED", "off": "PASS"}
    assert no_child_is_left(record)


def test_skip_leaves_the_step(write_over_items: Write, folder: Path):
    desk = Timed((begun, {"word": "skip", "step": 0}))
    record = trial.run(write_over_items(slow()), items=folder, desk=desk)
    assert record.outcomes == {"look": "SKIPPED", "after": "PASS", "off": "PASS"}
    assert desk.settled < 10
    assert no_child_is_left(record)


def test_new_settings_reach_the_next_item(write_over_items: Write, folder: Path):
    manifest = "parameters: {level: {type: integer, default: 1, live: true}}"
    desk = Timed((after_items(3), {"word": "settings", "settings": {"level": 2}}))
    record = trial.run(
        write_over_items(slow(result="[run.parameters.level, os.getpid()]"), manifest), items=folder, desk=desk
    )
    found = [result.result for result in read_results(record.folder / "look.jsonl")]
    levels = [level for level, _ in found]
    assert (levels[:3], levels[5:], levels) == ([1] * 3, [2] * 5, sorted(levels))
    assert len({pid for _, pid in found}) == 2


def test_chunk_that_comes_too_late_is_nobodys(write_over_items: Write, folder: Path):
    late = {"word": "chunk", "chunk": {"step": 0, "chunk": 99, "token": 1, "items": []}}
    over = {"word": "items-over", "over": {"step": 0, "total": 0, "completed": 0, "failed": 0, "results": ""}}
    step = "@step\ndef wait(self, run): run.sleep(0.1)\n"
    desk = trial.Desk([late, over, late])  # type: ignore[list-item]
    record = trial.run(write_over_items(step + slow()), items=folder, desk=desk)
    assert (record.passed, len(record.of_kind("item"))) == (True, 10)
    assert [line["chunk"] for line in record.of_kind("chunk.ended")] == [0]


def test_lane_that_is_to_leave_ends_with_its_chunk(write_over_items: Write, folder: Path):
    over = {"step": 0, "total": 10, "completed": 4, "failed": 0, "results": "", "leave": True}
    desk = Timed((after_items(1), {"word": "items-over", "over": over}))
    record = trial.run(write_over_items(slow()), items=folder, desk=desk, chunk_size=4)
    assert [line["index"] for line in record.of_kind("item")] == [0, 1, 2, 3]
    assert record.outcomes["look"] == "PASS"
