"""Bells: hints that something new is in the database. A lost one costs a delay, never a row.

PostgreSQL carries them by NOTIFY, on SQLite they are datagrams to the sockets of whoever listens.
"""

from __future__ import annotations

import hashlib
import os
import select
import socket
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction

if TYPE_CHECKING:
    import psycopg  # a fifth of the imports of a process that has SQLite

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
        self._names: dict[str, str] = {}  # by key
        self._line = _NotifyLine() if connection.vendor == "postgresql" else _DatagramLine()
        self.listen_to(*names)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._line.close()

    def listen_to(self, *names: str) -> None:
        """Listen to these bells from now on, and to no others. What rings from here on is heard."""
        self._names = {_key(name): name for name in names}
        self._line.listen_to(self._names)

    def wait(self, timeout_s: float, *others: int) -> bool:
        """Wait until a bell rings or one of the other file descriptors is readable; True when it was a bell."""
        return bool(self.wait_for_names(timeout_s, *others))

    def wait_for_names(self, timeout_s: float, *others: int) -> set[str]:
        """Wait as `wait` does; which bells have rung. After a lost connection that is all of them: nobody knows."""
        mine = self._line.filenos()
        if not mine and not others:
            time.sleep(timeout_s)
            return set()
        if _readable([*mine, *others], timeout_s).isdisjoint(mine):
            return set()
        rung = self._line.drain()
        return set(self._names.values()) if rung is None else {self._names[key] for key in rung if key in self._names}


def _readable(fds: Sequence[int], timeout_s: float) -> set[int]:
    """By poll: select refuses descriptors above 1023, and a web process with many sockets has them."""
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return {fd for fd, _ in poll.poll(max(0.0, timeout_s) * 1000)}


class _DatagramLine:
    """One socket per name. The names of the files say who is listening for what."""

    def __init__(self) -> None:
        self._sockets: dict[str, tuple[socket.socket, Path]] = {}
        settings.STATION_PATHS.prepare()

    def listen_to(self, keys: Collection[str]) -> None:
        for key in self._sockets.keys() - set(keys):
            self._close(key)
        for key in set(keys) - self._sockets.keys():
            path = _folder() / f"{key}.{os.getpid()}-{uuid4().hex[:8]}"
            self._sockets[key] = (_bound_to(path), path)

    def filenos(self) -> list[int]:
        return [listener.fileno() for listener, _ in self._sockets.values()]

    def drain(self) -> set[str]:
        return {key for key, (listener, _) in self._sockets.items() if _has_datagrams(listener)}

    def close(self) -> None:
        for key in list(self._sockets):
            self._close(key)

    def _close(self, key: str) -> None:
        listener, path = self._sockets.pop(key)
        listener.close()
        path.unlink(missing_ok=True)


def _bound_to(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        listener.setblocking(False)
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    return listener


def _has_datagrams(listener: socket.socket) -> bool:
    """Take out whatever has arrived."""
    found = False
    try:
        while listener.recv(16):
            found = True
    except BlockingIOError:
        pass
    return found


class _NotifyLine:
    """A connection of its own: Django's may be closed between two tasks, and with it the LISTEN."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._retry_at = 0.0

    def listen_to(self, keys: Collection[str]) -> None:
        new, old = set(keys) - self._keys, self._keys - set(keys)
        self._keys = set(keys)
        if self._connection is not None:  # else it listens as soon as it is there
            self._execute([*(f'LISTEN "{key}"' for key in new), *(f'UNLISTEN "{key}"' for key in old)])

    def filenos(self) -> list[int]:
        if self._connection is None:
            self._connect()
        return [] if self._connection is None else [self._connection.fileno()]

    def _connect(self) -> None:
        if time.monotonic() < self._retry_at:
            return
        parameters = connection.get_connection_params()
        try:
            self._connection = connection.Database.connect(
                autocommit=True, **{name: parameters[name] for name in _ADDRESS if name in parameters}
            )
        except connection.Database.Error:
            self._retry_at = time.monotonic() + 0.5
        else:
            self._execute([f'LISTEN "{key}"' for key in self._keys])

    def _execute(self, commands: Sequence[str]) -> None:
        try:
            for command in commands:
                self._connection.execute(command)
        except connection.Database.Error:
            self.close()
            self._retry_at = time.monotonic() + 0.5

    def drain(self) -> set[str] | None:
        """The keys that have rung; None when the connection is lost."""
        if self._connection is None:
            return None
        try:
            return {notify.channel for notify in self._connection.notifies(timeout=0)}
        except connection.Database.Error:
            self.close()
            return None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
