"""Chunks become items one by one: what is told of them, and when it is over."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sequences.items.contracts import ItemsOver
from sequences.items.serving import KNOWN_CLAIMS, ChunkServer
from tests.installations import alive, wait_until
from tests.sequences.items.orders import PATIENCE_S, children, chunk_order, item_order

OVER = ItemsOver(step=2, total=1, completed=1, failed=0, results="")
LEAVE = ItemsOver(step=2, total=1, completed=1, failed=0, results="", leave=True)


class Told:
    """The story, as far as a server writes it."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def emit(self, kind: str, **fields: Any) -> None:
        self.lines.append({"k": kind, **fields})

    @property
    def short(self) -> list[tuple[Any, ...]]:
        """("chunk.begun", chunk), ("item", index, ok), ("chunk.ended", chunk, indexes that failed, lost)."""
        return [_short(line) for line in self.lines if line["k"] != "log"]


def _short(line: dict[str, Any]) -> tuple[Any, ...]:
    if line["k"] == "item":
        return "item", line["index"], line["ok"]
    if line["k"] == "chunk.begun":
        return "chunk.begun", line["chunk"]
    return "chunk.ended", line["chunk"], [each["index"] for each in line["failed"]], line["lost"]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def serve(told: Told) -> Iterator[Callable[..., ChunkServer]]:
    """`serve(work)`: a server whose process calls `work(order, tell)`; what is None then is a good end."""
    made: list[ChunkServer] = []
    before = children()

    def make(work: Callable[..., Any] = lambda order, tell: None, timeout_s: float = PATIENCE_S) -> ChunkServer:
        def one(order: Any, tell: Any) -> Any:
            ended = work(order, tell) or {"ok": True, "final": True}
            return {"index": order["index"], "ms": 1.0, "stage": "", **ended}

        step: Any = SimpleNamespace(first=2)
        work_there: Any = SimpleNamespace(begin=lambda tell: one)
        made.append(ChunkServer(step, told, lambda: work_there, timeout_s))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for server in made:
        server.close()
    assert children() == before  # no zombie is left


@pytest.fixture
def items(tmp_path: Path) -> list[Any]:
    (tmp_path / "item.txt").touch()
    return [item_order(tmp_path / "item.txt", number) for number in range(6)]


def turn_until(server: ChunkServer, condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "nothing comes of it"
        server.turn()
        time.sleep(0.001)


def test_chunks_are_worked_through_in_order(serve: Any, told: Told, items: list[Any]):
    server = serve()
    server.take(chunk_order(*items[:2], chunk=7, token=4))
    server.take(chunk_order(items[2], chunk=8))
    turn_until(server, lambda: server.due_s() is None)
    assert told.short == [
        ("chunk.begun", 7),
        ("item", 0, True),
        ("item", 1, True),
        ("chunk.ended", 7, [], False),
        ("chunk.begun", 8),
        ("item", 2, True),
        ("chunk.ended", 8, [], False),
    ]
    assert {(line["step"], line["token"]) for line in told.lines if line["chunk"] == 7} == {(2, 4)}
    assert (told.lines[3]["message"], told.lines[3]["ms"] > 0) == ("chunk 7: 2 done", True)


def test_chunk_without_items_is_over_at_once(serve: Any, told: Told):
    server = serve()
    server.take(chunk_order())
    turn_until(server, lambda: server.due_s() is None)
    assert told.short == [("chunk.begun", 0), ("chunk.ended", 0, [], False)]
    assert server.fileno() == -1


def test_same_claim_twice_is_one(serve: Any, told: Told, items: list[Any]):
    server = serve()
    for _ in range(2):
        server.take(chunk_order(items[0]))
    turn_until(server, lambda: server.due_s() is None)
    server.take(chunk_order(items[0]))
    assert server.due_s() is None
    server.take(chunk_order(items[0], token=2))
    turn_until(server, lambda: server.due_s() is None)
    assert [line["token"] for line in told.lines if line["k"] == "chunk.ended"] == [1, 2]


def test_claims_are_not_remembered_for_ever(serve: Any, told: Told):
    server = serve()
    for number in range(KNOWN_CLAIMS + 500):
        server.take(chunk_order(chunk=number))
    assert len(server._known) == KNOWN_CLAIMS


def test_what_may_be_tried_again_is_told_with_the_chunk(serve: Any, told: Told, items: list[Any]):
    failed = {"ok": False, "final": False, "exception": "ValueError", "message": "odd"}
    bad = {"ok": False, "final": True, "exception": "BadItem", "message": "bad"}
    server = serve(lambda order, tell: {1: failed, 2: bad}.get(order["index"]))
    server.take(chunk_order(*items[:4]))
    turn_until(server, lambda: server.due_s() is None)
    assert told.short[1:] == [
        ("item", 0, True),
        ("item", 2, False),
        ("item", 3, True),
        ("chunk.ended", 0, [1], False),
    ]
    assert told.lines[-1]["message"] == "chunk 0: 2 done, 1 to be tried again"
    assert told.lines[-1]["failed"] == [{"index": 1, "ms": 1.0, "stage": "", "path": "item.txt", **failed}]


def die_at(index: int, how: Callable[[], Any]) -> Callable[..., None]:
    def work(order: Any, tell: Any) -> None:
        if order["index"] == index:
            tell({"stage": "decode"})
            how()

    return work


@pytest.mark.parametrize(
    ("how", "exception", "message", "lost"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGUSR2), "ItemCrashed", "its process died of it: signal SIGUSR2", False),
        (lambda: os._exit(3), "ItemCrashed", "its process died of it: exit code 3", False),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "ItemLost", "its process died of it: signal SIGKILL", True),
        (lambda: time.sleep(600), "ItemTimeout", "it took longer than its 0.5 s", False),
    ],
)
def test_item_that_ends_its_process_takes_no_other_along(
    serve: Any, told: Told, items: list[Any], how: Any, exception: str, message: str, lost: bool
):
    server = serve(die_at(1, how), timeout_s=0.5)
    server.take(chunk_order(*items[:3]))
    turn_until(server, lambda: server.due_s() is None)
    assert told.short == [("chunk.begun", 0), ("item", 0, True), ("item", 2, True), ("chunk.ended", 0, [1], lost)]
    (failed,) = told.lines[-1]["failed"]
    assert (failed["exception"], failed["message"], failed["stage"]) == (exception, message, "decode")


def gone(pid: int) -> bool:
    return not alive(pid)


def test_process_that_died_of_nothing_costs_no_item(serve: Any, told: Told, items: list[Any]):
    server = serve(lambda order, tell: tell({"log": str(os.getpid()), "level": "INFO", "origin": "x"}))
    for chunk in (0, 1):
        server.take(chunk_order(items[chunk], chunk=chunk))
        turn_until(server, lambda: server.due_s() is None)
        pids = [int(line["message"]) for line in told.lines if line["k"] == "log"]
        os.kill(pids[-1], signal.SIGKILL)
        wait_until(partial(gone, pids[-1]), 10)
    assert [line for line in told.short if line[0] == "item"] == [("item", 0, True), ("item", 1, True)]
    assert len(set(pids)) == 2


def test_log_lines_name_their_item(serve: Any, told: Told, items: list[Any]):
    server = serve(lambda order, tell: tell({"log": "look", "level": "WARNING", "origin": "sequence"}))
    server.take(chunk_order(items[5]))
    turn_until(server, lambda: server.due_s() is None)
    assert [line for line in told.lines if line["k"] == "log"] == [
        {
            "k": "log",
            "step": 2,
            "attempt": 1,
            "level": "WARNING",
            "message": "look",
            "origin": "sequence",
            "item": 5,
        }
    ]


def test_end_of_another_item_counts_for_nothing(serve: Any, told: Told, items: list[Any]):
    """An item may have forked a process, which answers later than it should."""
    stray = {"ended": {"index": 5, "ok": True, "final": True}}
    server = serve(lambda order, tell: tell(stray))
    server.take(chunk_order(*items[:2]))
    turn_until(server, lambda: server.due_s() is None)
    assert [line[:2] for line in told.short if line[0] == "item"] == [("item", 0), ("item", 1)]


def test_time_that_nobody_listened_is_not_counted(serve: Any, told: Told, items: list[Any]):
    server = serve(lambda order, tell: time.sleep(0.6), timeout_s=1)
    server.take(chunk_order(items[0]))
    server.turn()
    time.sleep(1.2)
    server.was_paused(1.2)
    turn_until(server, lambda: server.due_s() is None)
    assert told.short[1] == ("item", 0, True)


def test_changed_parameters_renew_the_process(serve: Any, told: Told, items: list[Any]):
    server = serve(lambda order, tell: tell({"log": str(os.getpid()), "level": "INFO", "origin": "x"}))
    server.take(chunk_order(*items[:2]))
    turn_until(server, lambda: ("item", 0, True) in told.short)
    server.renew()
    server.take(chunk_order(*items[2:4], chunk=1))
    turn_until(server, lambda: server.due_s() is None)
    first, *_, last = [line["message"] for line in told.lines if line["k"] == "log"]
    assert first != last


def test_it_is_over_when_it_is_said(serve: Any):
    server = serve()
    assert (server.over, server.due_s()) == (None, None)
    server.end_with(OVER)
    assert server.over == OVER


def test_lane_that_is_to_leave_ends_the_chunk_that_it_began(serve: Any, told: Told, items: list[Any]):
    server = serve()
    server.take(chunk_order(*items[:3]))
    server.take(chunk_order(*items[3:], chunk=1))
    server.turn()
    server.end_with(LEAVE)
    server.take(chunk_order(items[5], chunk=2))
    assert server.over is None
    turn_until(server, lambda: server.over is not None)
    assert (server.over, told.short[-1]) == (LEAVE, ("chunk.ended", 0, [], False))
    assert [line[1] for line in told.short if line[0] == "chunk.begun"] == [0]


def test_lane_that_is_to_leave_now_ends_the_item_in_work_alone(serve: Any, told: Told, items: list[Any]):
    server = serve(lambda order, tell: time.sleep(0.05))
    server.take(chunk_order(*items[:3]))
    server.turn()
    server.end_with({**LEAVE, "now": True})
    turn_until(server, lambda: server.over is not None)
    assert told.short == [("chunk.begun", 0), ("item", 0, True)]


def test_lane_that_has_begun_nothing_leaves_at_once(serve: Any, told: Told, items: list[Any]):
    server = serve()
    server.take(chunk_order(items[0]))
    server.end_with(LEAVE)
    assert (server.over, told.lines, server.due_s()) == (LEAVE, [], None)
