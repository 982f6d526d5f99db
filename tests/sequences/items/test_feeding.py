"""Chunks without a database: handed out, tried again, split, given up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sequences.items.contracts import ItemOrder
from sequences.items.feeding import Feed, found_items
from sequences.items.retrying import LOSSES


@pytest.fixture
def items(tmp_path: Path) -> list[ItemOrder]:
    folder = tmp_path / "items"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text(str(number))
    return found_items(folder)


class Station:
    """Plays the runs of a feed: `bad` items fail, a chunk is lost as often as `lose` says."""

    def __init__(self, feed: Feed, *, bad: tuple[int, ...] = (), lose: int = 0) -> None:
        self.feed, self.bad, self.lose = feed, bad, lose
        self.tried: list[list[int]] = []
        self.over: dict[str, Any] | None = None

    def go_over(self, name: str = "look") -> Station:
        self.tried, self.over = [], None
        self.feed.take({"k": "items.begun", "step": 3, "name": name})
        while wish := self.feed.next_wish():
            if wish["word"] == "items-over":
                self.over = dict(wish["over"])
            else:
                self._work(wish["chunk"])
        return self

    def _work(self, chunk: dict[str, Any]) -> None:
        indexes = [item["index"] for item in chunk["items"]]
        self.tried.append(indexes)
        claim = {"chunk": chunk["chunk"], "token": chunk["token"]}
        lost, self.lose = self.lose > 0, self.lose - 1
        good = [] if lost else [index for index in indexes if index not in self.bad]
        for index in good:
            self.feed.take({"k": "item", **claim, "index": index, "ok": True, "result": index * 10})
        failed = [{"index": index, "ok": False, "message": "no"} for index in indexes if index not in good]
        self.feed.take({"k": "chunk.ended", **claim, "failed": [] if lost else failed, "lost": lost})


def lines_of(over: dict[str, Any] | None) -> list[dict[str, Any]]:
    assert over is not None
    return [json.loads(line) for line in Path(over["results"]).read_text().splitlines()]


def test_every_file_is_found_in_order(tmp_path: Path):
    for name in ("b/2.png", "a.txt", "b/.hidden", ".git/x", "b/1.png"):
        (tmp_path / "one" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "one" / name).write_text(name)
    (tmp_path / "one" / "link.txt").symlink_to(tmp_path / "one" / "a.txt")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.txt").touch()
    found = found_items(tmp_path / "one", tmp_path / "two")
    assert [(item["index"], item["side"], item["path"], item["size"], item["media_type"]) for item in found] == [
        (0, "dataset", "a.txt", 5, "text/plain"),
        (1, "dataset", "b/1.png", 7, "image/png"),
        (2, "dataset", "b/2.png", 7, "image/png"),
        (3, "target_dataset", "a.txt", 0, "text/plain"),
    ]


def test_folder_that_is_nowhere_is_refused(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=f"there is no folder {tmp_path}/lost: name a folder with the items"):
        found_items(tmp_path / "lost")


def test_chunks_have_the_size_that_was_wanted(items: list[ItemOrder], tmp_path: Path):
    station = Station(Feed(items, results=tmp_path / "results", chunk_size=2)).go_over()
    assert station.tried == [[0, 1], [2, 3], [4]]
    assert station.over == {
        "step": 3,
        "total": 5, "completed": 5, "failed": 0, "results": str(tmp_path / "results" / "look.jsonl")
    }  # fmt: skip
    assert [(line["index"], line["ok"], line["result"]) for line in lines_of(station.over)] == [
        (number, True, number * 10) for number in range(5)
    ]


def test_failing_item_is_tried_four_times_from_the_second_failure_on_alone(items: list[ItemOrder], tmp_path: Path):
    station = Station(Feed(items, results=tmp_path, chunk_size=5), bad=(1, 3)).go_over()
    assert station.tried == [[0, 1, 2, 3, 4], [1, 3], [1], [3], [1], [3]]
    assert [(line["index"], line["error"]) for line in lines_of(station.over) if not line["ok"]] == [
        (1, "no"),
        (3, "no"),
    ]


def test_tally_tells_how_far_each_step_is(items: list[ItemOrder], tmp_path: Path):
    station = Station(Feed(items, results=tmp_path), bad=(2,)).go_over("first")
    station.bad = ()
    station.go_over("second")
    first, second = station.feed.tallies.values()
    assert (first.total, first.completed, first.failures, first.settled) == (5, 4, [("2.txt", "no")], 5)
    assert (second.total, second.completed, second.failures) == (4, 4, [])


def test_losses_cost_no_try(items: list[ItemOrder], tmp_path: Path):
    station = Station(Feed(items[:2], results=tmp_path), lose=LOSSES).go_over()
    assert station.tried == [[0, 1]] * (LOSSES + 1)
    assert [line["ok"] for line in lines_of(station.over)] == [True, True]


def test_chunk_that_is_lost_again_and_again_is_given_up(items: list[ItemOrder], tmp_path: Path):
    station = Station(Feed(items[:2], results=tmp_path), lose=LOSSES + 1).go_over()
    assert [line["error"] for line in lines_of(station.over)] == [
        f"its lane was lost {LOSSES + 1} times while this was in work"
    ] * 2


def test_lines_of_an_older_claim_count_for_nothing(items: list[ItemOrder], tmp_path: Path):
    feed = Feed(items[:1], results=tmp_path)
    feed.take({"k": "items.begun", "step": 3, "name": "look"})
    assert feed.next_wish() is not None
    feed.take({"k": "chunk.ended", "chunk": 0, "token": 1, "failed": [], "lost": True})
    feed.take({"k": "item", "chunk": 0, "token": 1, "index": 0, "ok": True})
    again = feed.next_wish()
    assert again is not None and (again["chunk"]["chunk"], again["chunk"]["token"]) == (0, 2)
    assert (feed.settled, feed.next_wish()) == ({}, None)


def test_second_step_is_given_what_completed_the_first(items: list[ItemOrder], tmp_path: Path):
    station = Station(Feed(items, results=tmp_path), bad=(2,)).go_over("first")
    station.bad = ()
    station.go_over("second")
    assert station.tried == [[0, 1, 3, 4]]
    assert [line["index"] for line in lines_of(station.over)] == [0, 1, 3, 4]


def test_without_items_it_is_over_at_once(tmp_path: Path):
    station = Station(Feed([], results=tmp_path)).go_over()
    assert (station.tried, station.over["total"], lines_of(station.over)) == ([], 0, [])
