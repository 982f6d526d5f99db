"""The socket on which runner and guard tell that a spool has grown. Its address is known from the batch alone."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self


class SpoolBell:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)  # of a supervisor that died here
        self._socket.bind(str(self._path))
        self._inode = self._path.stat().st_ino
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._socket.close()
        with suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:  # not that of a successor
                self._path.unlink()

    def fileno(self) -> int:
        return self._socket.fileno()

    def drain(self) -> bool:
        """Whether it has rung."""
        rung = False
        try:
            while True:
                self._socket.recv(16)
                rung = True
        except BlockingIOError:
            return rung
