"""The guard's hand on a spool: creates it, adds its own lines, writes the very last one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stations.safety.durable import sync_folder

_ENDED = b'{"k":"batch.ended"'
_TAIL = 1 << 20  # the last line carries the verdict, which fits into one datagram


def create_spool(path: Path) -> None:
    """An empty spool that survives a power loss. Raises FileExistsError: so a run starts at most once, whoever asks."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o640))
    sync_folder(path.parent)


def is_over(path: Path) -> bool:
    """Whether the last line has been written. Raises OSError when there is no spool."""
    last = _tail(path)[-1:]
    return bool(last) and last[0].startswith(_ENDED) and last[0].endswith(b"\n")


def last_line(path: Path) -> dict[str, Any]:
    """What the last line says; empty where there is none that can be read."""
    try:
        found = json.loads(_tail(path)[-1])
    except (OSError, IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _tail(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        return file.read().splitlines(keepends=True)


def append(path: Path, lines: Iterable[dict[str, Any]], *, last: bool = False) -> None:
    """Add lines, each `{"k": kind, ...}`, in one write; `last` waits until they are on the disk. Raises OSError.

    A runner killed in the middle of a write leaves a torn line: it is closed first, so that ours stays readable.
    The last lines come whole or not at all, so that they may be tried again: nobody else writes any more.
    """
    text = b"".join(_encoded({"k": line.pop("k"), "at": line.pop("at", time.time()), **line}) for line in lines)
    spool = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    try:
        end = os.lseek(spool, 0, os.SEEK_END)
        torn = end > 0 and os.pread(spool, 1, end - 1) != b"\n"
        text = b"\n" + text if torn else text
        if os.write(spool, text) < len(text):
            if last:
                os.ftruncate(spool, end)
            raise OSError(f"{path} takes no more: is the disk full?")
        if last:
            os.fdatasync(spool)
    finally:
        os.close(spool)


def _encoded(line: dict[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
