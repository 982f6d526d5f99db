"""What happens to one item in its process: it is fetched, checked, given to the author's function, judged."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sequences.attachments import AttachmentFolder
from sequences.attempt import text_of
from sequences.interrupts import LimitExceeded
from sequences.items.contracts import ItemEnded, ItemOrder
from sequences.items.hand import Tell, Work
from sequences.items.item import BadItem, Item
from sequences.items.item_run import ItemRun, check_item_result
from sequences.run import Parameters
from sequences.runner.output import OutputCapture, OutputStream

FETCH_TIMEOUT_S = 30.0
TRACEBACK_LIMIT = 2000  # characters, the last ones: a chunk may tell of many


class ItemWork:
    """All that the process needs. `make` returns the author's function on a fresh instance of the sequence."""

    def __init__(
        self,
        make: Callable[[], Callable[[ItemRun, Item], Any]],
        *,
        parameters: Parameters,
        subject: str,
        saved: Mapping[str, Any],
        folder: AttachmentFolder,
        max_pixels: int,
    ) -> None:
        self._make = make
        self._parameters, self._subject, self._saved = parameters, subject, saved
        self._folder, self._max_pixels = folder, max_pixels

    def begin(self, tell: Tell) -> Work:
        """In the new process. A constructor that fails is the failure of each item, told with it."""
        if isinstance(sys.stdout, OutputStream):  # not in a trial, whose output is its terminal's
            OutputCapture(_Lines(tell))
        try:
            function = self._make()
        except BaseException as problem:
            return _always_failing(problem)
        return lambda order, tell: self._one(function, order, tell)

    def _one(self, function: Callable[[ItemRun, Item], Any], order: ItemOrder, tell: Tell) -> ItemEnded:
        run = ItemRun(tell, self._parameters, self._subject, self._saved, self._folder)
        began = time.perf_counter()
        fetched: Path | None = None
        try:
            if "problem" in order:
                raise OSError(order["problem"])
            if "url" in order:
                fetched = _fetch(order)
            item = Item(order, fetched or Path(order["file"]), self._max_pixels)
            if fetched is None:
                item.check_unchanged()
            result = function(run, item)
            if result is not None:
                check_item_result(result)
        except BaseException as problem:
            return _failed(order["index"], problem, run.reached, _since(began))
        finally:
            if fetched is not None:
                fetched.unlink(missing_ok=True)
        ended = ItemEnded(index=order["index"], ok=True, final=True, ms=_since(began), stage=run.reached)
        if result is not None:
            ended["result"] = result
        if run.files:
            ended["files"] = run.files
        return ended


class _Lines:
    """What the items print and log, on its way to the runner, who writes it into the story."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def emit_output(self, level: str, message: str, origin: str) -> None:
        self._tell({"log": message, "level": level, "origin": origin})


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)


def _fetch(order: ItemOrder) -> Path:
    """The item as a file of this process' own. Raises OSError or httpx.HTTPError."""
    httpx = importlib.import_module("httpx")  # 60 ms, which files on this host need not wait for
    handle, name = tempfile.mkstemp(suffix=Path(order["path"]).suffix)
    with os.fdopen(handle, "wb") as file, httpx.stream("GET", order["url"], timeout=FETCH_TIMEOUT_S) as answer:
        answer.raise_for_status()
        for part in answer.iter_bytes():
            file.write(part)
    return Path(name)


def _failed(index: int, problem: BaseException, stage: str, ms: float) -> ItemEnded:
    bad = isinstance(problem, BadItem)
    return ItemEnded(
        index=index,
        ok=False,
        final=bad,
        traceback="" if bad else "".join(traceback.format_exception(problem))[-TRACEBACK_LIMIT:],
        ms=ms,
        stage=stage,
        category="infrastructure" if isinstance(problem, OSError | LimitExceeded) else "sequence",
        exception=type(problem).__name__,
        message=text_of(problem) or type(problem).__name__,
    )


def _always_failing(problem: BaseException) -> Work:
    return lambda order, _: _failed(order["index"], problem, "", 0.0)
