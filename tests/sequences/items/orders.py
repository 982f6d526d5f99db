"""Orders for items, and processes that work on them, as tests give them."""

from __future__ import annotations

import hashlib
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from sequences.items.contracts import ChunkOrder, ItemOrder
from sequences.items.hand import Hand
from sequences.trial import Desk

PATIENCE_S = 30


def item_order(file: Path, index: int = 0, **others: Any) -> ItemOrder:
    """An order for a file as it is now."""
    found = file.stat()
    order = ItemOrder(
        index=index,
        path=file.name,
        side="dataset",
        size=found.st_size,
        modified_ns=found.st_mtime_ns,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        media_type="text/plain",
        width=None,
        height=None,
        file=str(file),
    )
    return order | others  # type: ignore[return-value]


def chunk_order(*items: ItemOrder, chunk: int = 0, token: int = 1) -> ChunkOrder:
    return ChunkOrder(step=2, chunk=chunk, token=token, items=list(items))


def told_by(hand: Hand) -> Iterator[dict[str, Any]]:
    """What a hand tells, up to how its item ended or it died."""
    until = time.monotonic() + PATIENCE_S
    while True:
        assert select.select([hand], [], [], until - time.monotonic())[0], "it says nothing"
        for message in hand.messages():
            yield message
            if "ended" in message or "died" in message:
                return


def children() -> set[int]:
    """The processes that this one has begun and not waited for, dead ones among them."""
    return {child.pid for child in psutil.Process().children()}


class Timed(Desk):
    """Hands wishes out while a step over items runs: each once its condition holds."""

    def __init__(self, *wishes: tuple[Callable[[Timed], bool], dict[str, Any]]) -> None:
        super().__init__()
        self._timed = list(wishes)

    def receive_wish(self, timeout_s: float | None, other: int = -1) -> Any:
        if self._timed and self._timed[0][0](self):
            return {"control": "", "reason": "", **self._timed.pop(0)[1]}
        soon = 0.02 if self._timed and (timeout_s is None or timeout_s > 0.02) else timeout_s
        return super().receive_wish(soon, other)

    @property
    def settled(self) -> int:
        return len(self.record.of_kind("item"))
