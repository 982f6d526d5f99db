"""The runner's part of a step over items: takes chunks, hands out their items one by one, tells what became of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from sequences.items.contracts import ChunkOrder, ItemEnded, ItemOrder, ItemsOver
from sequences.items.hand import Hand
from sequences.items.working import ItemWork
from sequences.plan import Step
from sequences.story import Story

CRASHED = "ItemCrashed"
LOST = "ItemLost"  # killed from outside: by a person, or by the kernel for want of memory
TIMED_OUT = "ItemTimeout"
KNOWN_CLAIMS = 1000  # a claim is told again soon, or not at all


class ChunkServer:
    """Works through chunks, one item at a time, in a process of its own that is replaced when it dies or hangs.

    Nothing here waits: whoever serves calls `turn` when `fileno` is readable or `due_s` have passed. `over` is what the
    other side said when there was nothing left.
    """

    def __init__(self, step: Step, story: Story, make_work: Callable[[], ItemWork], timeout_s: float) -> None:
        self._step, self._story, self._timeout_s = step, story, timeout_s
        self._hand = Hand(lambda tell: make_work().begin(tell))
        self._chunks: deque[ChunkOrder] = deque()
        self._known: dict[tuple[int, int], None] = {}  # claims, the latest last
        self._items: deque[ItemOrder] = deque()  # of the first chunk, not begun yet
        self._failed: list[ItemEnded] = []
        self._began = 0.0  # of the first chunk, seconds of time.monotonic()
        self._completed = 0
        self._item: ItemOrder | None = None  # that is worked on
        self._given_at = 0.0
        self._stage = ""
        self._leaves = self._leaves_now = False
        self._last: ItemsOver | None = None
        self._stale = False
        self.over: ItemsOver | None = None

    def take(self, chunk: ChunkOrder) -> None:
        """Put a chunk behind those that are there. The same claim twice is one."""
        key = (chunk["chunk"], chunk["token"])
        if chunk["step"] == self._step.first and key not in self._known and not self._leaves:
            self._known[key] = None
            if len(self._known) > KNOWN_CLAIMS:
                del self._known[next(iter(self._known))]
            self._chunks.append(chunk)

    def end_with(self, over: ItemsOver) -> None:
        """Nothing more will come. A lane that is to leave ends what it is at first."""
        if over["step"] != self._step.first:
            return
        if not over.get("leave"):
            self.over = over
            return
        self._leaves, self._last = True, over
        while len(self._chunks) > (1 if self._began else 0):
            self._chunks.pop()
        if over.get("now"):
            self._items.clear()
            self._leaves_now = True
        self._leave_if_done()

    def _leave_if_done(self) -> None:
        """A chunk that was left half-way is not told to be over: whoever handed it out takes it back."""
        if self._leaves and (not self._chunks or (self._leaves_now and self._item is None)):
            self.over = self._last

    def renew(self) -> None:
        """Parameters have changed: the next item gets a process that knows them."""
        self._stale = True

    def was_paused(self, seconds: float) -> None:
        """Nobody listened so long: the item that is worked on has that much more time."""
        self._given_at += seconds

    def close(self) -> None:
        self._hand.end()

    def fileno(self) -> int:
        return self._hand.fileno()

    def due_s(self) -> float | None:
        """In how many seconds `turn` has something to do by itself; None: only when it hears something."""
        if self._item is not None:
            return max(0.0, self._given_at + self._timeout_s - time.monotonic())
        return 0.0 if self._chunks else None

    def turn(self) -> None:
        """Take what the process has told, end it when its item takes too long, and give it the next one."""
        for message in self._hand.messages():
            if "log" in message:
                self._log(message["log"], message["level"], message["origin"])
            elif "stage" in message:
                self._stage = message["stage"]
            elif "ended" in message:
                if self._item is not None and message["ended"]["index"] == self._item["index"]:
                    self._settle(message["ended"])
            elif self._item is not None:
                killed = message["died"] == "signal SIGKILL"
                why = f"its process died of it: {message['died']}"
                self._fail(LOST if killed else CRASHED, why, message["traceback"])
        if self._item is not None and time.monotonic() >= self._given_at + self._timeout_s:
            self._hand.end()
            self._fail(TIMED_OUT, f"it took longer than its {self._timeout_s:g} s")
        self._leave_if_done()
        if self._item is None and self.over is None:
            self._go_on()

    def _go_on(self) -> None:
        """Begin the next item, or end the chunk and begin the next one."""
        if self._chunks and not self._began:
            self._begin_chunk(self._chunks[0])
        if self._items:
            self._give(self._items.popleft())
        elif self._began:
            self._end_chunk(self._chunks.popleft())

    def _begin_chunk(self, chunk: ChunkOrder) -> None:
        self._began = time.monotonic()
        self._items = deque(chunk["items"])
        self._failed, self._completed = [], 0
        self._emit("chunk.begun", chunk)

    def _end_chunk(self, chunk: ChunkOrder) -> None:
        took_ms = round((time.monotonic() - self._began) * 1000, 3)
        self._began = 0.0
        message = f"chunk {chunk['chunk']}: {self._completed} done"
        if self._failed:
            message += f", {len(self._failed)} to be tried again"
        lost = bool(self._failed) and all(ended["exception"] == LOST for ended in self._failed)
        self._emit("chunk.ended", chunk, failed=self._failed, lost=lost, ms=took_ms, message=message)
        self._leave_if_done()

    def _give(self, item: ItemOrder) -> None:
        if self._stale:
            self._hand.end()
            self._stale = False
        self._item, self._given_at, self._stage = item, time.monotonic(), ""
        try:
            with suppress(OSError):
                self._hand.give(item)
                return
            self._hand.end()  # one that died while it had nothing to do
            self._hand.give(item)
        except OSError as error:
            self._hand.end()
            self._fail(LOST, f"it could not be given to a process: {error}")

    def _fail(self, exception: str, message: str, where: str = "") -> None:
        if self._item is None:
            return
        self._settle(
            ItemEnded(
                index=self._item["index"],
                ok=False,
                final=False,
                ms=round((time.monotonic() - self._given_at) * 1000, 3),
                stage=self._stage,
                category="sequence",
                exception=exception,
                message=message,
                traceback=where,
            )
        )

    def _settle(self, ended: ItemEnded) -> None:
        """What is final is told at once, and stands whatever becomes of this process; the rest with the chunk."""
        if self._item is not None:
            ended["path"] = self._item["path"]
        self._item = None
        if ended["final"]:
            self._completed += ended["ok"]
            self._emit("item", self._chunks[0], **ended)
        else:
            self._failed.append(ended)

    def _emit(self, kind: str, chunk: ChunkOrder, **fields: object) -> None:
        self._story.emit(kind, step=self._step.first, chunk=chunk["chunk"], token=chunk["token"], **fields)

    def _log(self, message: str, level: str, origin: str) -> None:
        index = None if self._item is None else self._item["index"]
        self._story.emit(
            "log", step=self._step.first, attempt=1, level=level, message=message, origin=origin, item=index
        )
