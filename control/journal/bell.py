"""Bells: hints that something new is in the database. A lost one costs a delay, never a row.

PostgreSQL carries them by NOTIFY, on SQLite they are datagrams to the sockets of whoever listens.
"""

from __future__ import annotations

import hashlib
import os
import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection, transaction

# What a new connection needs to know; the rest of Django's parameters belongs to its cursors.
_ADDRESS = ("dbname", "user", "password", "host", "port", "sslmode", "connect_timeout")


def ring(*names: str) -> None:
    """Ring when the running transaction commits, at once outside of one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute("SELECT pg_notify(%s, '')", [_key(name)])
    else:
        transaction.on_commit(lambda: _send(names))


def _key(name: str) -> str:
    return "gwanje_" + hashlib.sha1(name.encode()).hexdigest()[:16]


def _send(names: Sequence[str]) -> None:
    wanted = {_key(name) for name in names}
    try:
        listeners = [entry.path for entry in os.scandir(_folder()) if entry.name.partition(".")[0] in wanted]
    except FileNotFoundError:
        return  # no station has ever run here
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for address in listeners:
            try:
                sender.sendto(b"!", address)
            except ConnectionRefusedError:
                Path(address).unlink(missing_ok=True)  # its listener was killed
            except OSError:
                pass  # a full buffer: the listener has been rung already


def _folder() -> Path:
    return settings.STATION_PATHS.bells


class Listener:
    """Waits for bells. Use as a context manager; survives a lost database connection by listening anew."""

    def __init__(self, *names: str) -> None:
        self._keys = [_key(name) for name in names]
        self._line = _NotifyLine(self._keys) if connection.vendor == "postgresql" else _DatagramLine(self._keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._line.close()

    def wait(self, timeout_s: float, *others: int) -> bool:
        """Wait until a bell rings or one of the other file descriptors is readable; True when it was a bell."""
        mine = self._line.filenos()
        if not mine and not others:
            time.sleep(timeout_s)
            return False
        ready, _, _ = select.select([*mine, *others], [], [], timeout_s)
        self._line.drain()
        return any(fd in mine for fd in ready)


class _DatagramLine:
    """One socket per name. The names of the files say who is listening for what."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._sockets: list[tuple[socket.socket, Path]] = []
        settings.STATION_PATHS.prepare()
        for key in keys:
            path = _folder() / f"{key}.{os.getpid()}-{uuid4().hex[:8]}"
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            listener.bind(str(path))
            listener.setblocking(False)
            self._sockets.append((listener, path))

    def filenos(self) -> list[int]:
        return [listener.fileno() for listener, _ in self._sockets]

    def drain(self) -> None:
        for listener, _ in self._sockets:
            try:
                while True:
                    listener.recv(16)
            except BlockingIOError:
                pass

    def close(self) -> None:
        for listener, path in self._sockets:
            listener.close()
            path.unlink(missing_ok=True)


class _NotifyLine:
    """A connection of its own: Django's may be closed between two tasks, and with it the LISTEN."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._retry_at = 0.0

    def filenos(self) -> list[int]:
        if self._connection is None:
            self._connect()
        return [] if self._connection is None else [self._connection.fileno()]

    def _connect(self) -> None:
        if time.monotonic() < self._retry_at:
            return
        parameters = connection.get_connection_params()
        try:
            self._connection = psycopg.connect(
                autocommit=True, **{name: parameters[name] for name in _ADDRESS if name in parameters}
            )
            for key in self._keys:
                self._connection.execute(f'LISTEN "{key}"')
        except psycopg.Error:
            self.close()
            self._retry_at = time.monotonic() + 0.5

    def drain(self) -> None:
        if self._connection is None:
            return
        try:
            for _ in self._connection.notifies(timeout=0):
                pass
        except psycopg.Error:
            self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
