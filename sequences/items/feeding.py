"""Handing out chunks without a database: what a station does for a batch, done in memory for one run on a desk."""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sequences.items.contracts import ChunkOrder, ItemOrder, ItemsOver, Side
from sequences.items.results import write_line
from sequences.items.retrying import AFTER_LOSSES, Next, after_try
from stations.contracts import Wish

_AHEAD = 2  # chunks that a run has at a time


def found_items(folder: Path, target: Path | None = None) -> list[ItemOrder]:
    """Every file below a folder and below another one that it is compared with, in order of their paths.

    Hidden files and symbolic links are left out. Raises FileNotFoundError.
    """
    found: list[ItemOrder] = []
    sides: list[tuple[Side, Path | None]] = [("dataset", folder), ("target_dataset", target)]
    for side, place in sides:
        for file in _files_below(place) if place is not None else ():
            content, facts = file.read_bytes(), file.stat()
            found.append(
                ItemOrder(
                    index=len(found),
                    path=file.relative_to(place or folder).as_posix(),
                    side=side,
                    size=facts.st_size,
                    modified_ns=facts.st_mtime_ns,
                    sha256=hashlib.sha256(content).hexdigest(),
                    media_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
                    width=None,
                    height=None,
                    file=str(file),
                )
            )
    return found


def _files_below(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder.resolve()}: name a folder with the items")
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(path, name)
            if not name.startswith(".") and not file.is_symlink() and file.is_file():
                yield file


@dataclass
class Tally:
    """How far a step over items is. `failures`: the path of each failed item, and why it failed."""

    total: int
    completed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return self.completed + len(self.failures)


class Feed:
    """Answers the lines of a run with wishes: chunks, and that nothing is left."""

    def __init__(self, items: list[ItemOrder], *, results: Path, chunk_size: int = 10) -> None:
        """`results`: the folder for the files with what became of the items."""
        self._items = items
        self._results, self._chunk_size = results, chunk_size
        self._wishes: deque[Wish] = deque()
        self.settled: dict[int, dict[str, Any]] = {}  # by index, of the step that runs or ended last
        self._orders: dict[int, ItemOrder] = {}  # likewise
        self._tokens: dict[int, int] = {}
        self.tallies: dict[str, Tally] = {}  # by the names of the steps that have begun, in order

    def next_wish(self) -> Wish | None:
        return self._wishes.popleft() if self._wishes else None

    def take(self, line: Mapping[str, Any]) -> None:
        """Take a line of the story, whatever it is about."""
        if line["k"] == "items.begun":
            self._begin(line["name"], line["step"])
        elif line["k"] == "item" and line["token"] == self._tokens.get(line["chunk"]):
            self._settle(line["index"], line)
        elif line["k"] == "chunk.ended" and line["token"] == self._tokens.get(line["chunk"]):
            self._judge(line)

    def _begin(self, step: str, place: int) -> None:
        before, self.settled = self.settled, {}
        self._step, self._place = step, place
        items = [item for item in self._items if before.get(item["index"], {}).get("ok", True)]
        self._orders = {item["index"]: item for item in items}
        places = range(0, len(items), self._chunk_size)
        slices = [[item["index"] for item in items[first : first + self._chunk_size]] for first in places]
        self._waiting = deque(range(len(slices)))
        self._chunks: dict[int, list[int]] = dict(enumerate(slices))
        self._tokens = {}
        self.tallies[step] = Tally(len(items))
        self._tries: dict[int, tuple[int, int]] = {}
        for _ in range(_AHEAD):
            self._hand_out()
        self._end_when_over()

    def _hand_out(self) -> None:
        if not self._waiting:
            return
        number = self._waiting.popleft()
        self._tokens[number] = self._tokens.get(number, 0) + 1
        orders = [self._orders[index] for index in self._chunks[number]]
        chunk = ChunkOrder(step=self._place, chunk=number, token=self._tokens[number], items=orders)
        self._wishes.append(Wish(word="chunk", control="", reason="", chunk=dict(chunk)))

    def _judge(self, line: Mapping[str, Any]) -> None:
        number = line["chunk"]
        left = [index for index in self._chunks[number] if index not in self.settled]
        tries, losses = self._tries.get(number, (0, 0))
        judged = after_try(left, tries=tries, losses=losses, lost=line["lost"])
        self._tries[number] = judged.tries, judged.losses
        if judged.next is Next.GIVEN_UP:
            why = {failed["index"]: failed for failed in line["failed"]}
            lost = {"ok": False, "message": AFTER_LOSSES.format(losses=judged.losses)}
            for index in left:
                self._settle(index, why.get(index, lost))
        elif judged.next is not Next.SETTLED:
            alone = judged.next is Next.SPLIT
            for part in [[index] for index in left] if alone else [left]:
                again = len(self._chunks) if alone else number
                self._chunks[again], self._tries[again] = part, (judged.tries, judged.losses)
                self._waiting.append(again)
        self._hand_out()
        self._end_when_over()

    def _settle(self, index: int, how: Mapping[str, Any]) -> None:
        self.settled[index] = dict(how)
        tally = self.tallies[self._step]
        if how["ok"]:
            tally.completed += 1
        else:
            tally.failures.append((self._orders[index]["path"], how.get("message", "")))

    def _end_when_over(self) -> None:
        if len(self.settled) < len(self._orders):
            return
        self._results.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._results / f"{self._step}.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            for index, order in sorted(self._orders.items()):
                lines.write(write_line(_as_result(order, self.settled[index])))
        completed = sum(settled["ok"] for settled in self.settled.values())
        over = ItemsOver(
            step=self._place,
            total=len(self._orders),
            completed=completed,
            failed=len(self._orders) - completed,
            results=str(file),
        )
        self._wishes.append(Wish(word="items-over", control="", reason="", over=dict(over)))


def _as_result(order: ItemOrder, settled: Mapping[str, Any]) -> dict[str, Any]:
    named = ("index", "path", "side", "size", "sha256", "media_type", "width", "height")
    facts: dict[str, Any] = {name: order[name] for name in named}  # type: ignore[literal-required]
    return {**facts, "ok": settled["ok"], "result": settled.get("result"), "error": settled.get("message", "")}
