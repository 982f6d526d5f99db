"""Two real ways in which a database is away for a while, and comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from tests.installations import Installation
from tests.postgresql import PostgreSQL


@contextmanager
def write_lock(installation: Installation) -> Iterator[None]:
    """Somebody else writes to the SQLite file, and does not finish."""
    other = sqlite3.connect(installation.data / "gwanje.sqlite3", isolation_level=None, timeout=20)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


@contextmanager
def server_stopped(server: PostgreSQL) -> Iterator[None]:
    server.stop("fast")
    try:
        yield
    finally:
        server.start()
