"""The bench's own socket: faults are ordered here, and witnesses ask for the physical state."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

SOCKET = "control.sock"
MAX_REPLY = 1024 * 1024

Order = Callable[[list[str]], Awaitable[dict[str, Any]]]


async def serve_orders(folder: Path, obey: Order) -> asyncio.Server:
    """Serve orders, one line each, at `folder`/control.sock. `obey` raises ValueError for one that makes no sense."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            try:
                answer = {"ok": True, **await obey(line.decode().split())}
            except (ValueError, OSError) as error:
                answer = {"ok": False, "error": str(error)}
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    (folder / SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _Reachable(folder) as address:
        listener.bind(address)
    return await asyncio.start_unix_server(serve, sock=listener)


def order(data_dir: Path, words: list[str], timeout_s: float = 5.0) -> dict[str, Any]:
    """Give the bench one order and return its answer. Raises OSError when no bench is running there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client, _Reachable(data_dir / "bench") as address:
        client.settimeout(timeout_s)
        client.connect(address)
        client.sendall(" ".join(words).encode() + b"\n")
        answer: dict[str, Any] = json.loads(client.makefile("rb").readline(MAX_REPLY))
    return answer


class _Reachable:
    """A short name for the socket in a folder: the address of a unix socket is limited to 108 bytes, a path is not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        self._descriptor = os.open(self._folder, os.O_PATH | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._descriptor}/{SOCKET}"

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
