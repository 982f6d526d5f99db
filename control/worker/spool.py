"""Reading a spool from a byte offset, line by line, whatever a death did to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Bytes per transaction: large enough to catch up fast, small enough that nobody waits long behind it.
PAGE = 256 * 1024
# NaN and infinities are no JSON: kept as words. (`json.loads` would make a new decoder for each line.)
_DECODER = json.JSONDecoder(parse_constant=str)


class Spool:
    """The file that guard and runner append to. Opens itself when it appears."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1

    def exists(self) -> bool:
        if self._file < 0:
            try:
                self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return False
        return True

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def read(self, offset: int) -> bytes:
        """Return the complete lines after `offset`, at most a page of them; empty when there are none yet."""
        if not self.exists():
            return b""
        page = os.pread(self._file, PAGE, offset)
        end = page.rfind(b"\n") + 1
        while not end and len(page) >= PAGE:  # a single line that is longer than a page: a curve
            page += os.pread(self._file, PAGE, offset + len(page))
            end = page.rfind(b"\n") + 1
        return page[:end]

    def after_power_loss(self, offset: int) -> int:
        """Return where to go on: a file shorter than what was imported goes on at its last line, the guard's."""
        if not self.exists() or (size := os.fstat(self._file).st_size) >= offset:
            return offset
        tail = os.pread(self._file, PAGE, max(0, size - PAGE))
        last = tail.rstrip(b"\n").rfind(b"\n") + 1
        return size - len(tail) + last


def parse(page: bytes) -> Iterator[dict[str, Any]]:
    """Yield one dictionary per line, with nothing in it that a database refuses. A line cut in two stays what it is."""
    doubtful = b"\\u" in page
    for line in page.splitlines():
        try:
            found = _DECODER.decode(line.decode())
        except ValueError:
            found = None
        if not isinstance(found, dict) or "k" not in found:
            found = {"k": "torn", "message": "a line cut in two", "raw": line[:200].decode(errors="replace")}
        yield _storable(found) if doubtful else found


def _storable(value: Any) -> Any:
    """Replace what PostgreSQL refuses in texts: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value
