"""What weighs on the database: transactions that stay open, the log that they keep from being cleared, connections."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from django.db import connection

LONGEST_TRANSACTION_S = 300
SLOW_MS = 200
# A SQLite that nobody reads for long keeps its log at a few MiB. The file of it never shrinks while it is in use.
LARGEST_LOG = 256 * 1024**2


def answer_ms() -> float:
    """How long the database takes to answer the smallest question, in milliseconds, once it is connected."""
    connection.ensure_connection()
    begun = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return 1000 * (time.monotonic() - begun)


class OpenTransaction(NamedTuple):
    """A transaction of PostgreSQL, with who holds it open."""

    open_s: float
    pid: int
    application: str
    state: str

    @property
    def who(self) -> str:
        return f"process {self.pid} of the server, application '{self.application or 'unknown'}', {self.state}"


def oldest_transaction() -> OpenTransaction | None:
    """The transaction that has been open longest in this database, whoever's it is; None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - xact_start)::float, pid, application_name, state "
            "FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 1"
        )
        found = cursor.fetchone()
    return OpenTransaction(found[0], found[1], found[2] or "", found[3] or "unknown") if found else None


def log_size() -> int:
    """Bytes of the file that holds SQLite's write-ahead log, which are as many as it ever needed. 0 elsewhere."""
    if connection.vendor != "sqlite":
        return 0
    try:
        return Path(f"{connection.settings_dict['NAME']}-wal").stat().st_size
    except OSError:
        return 0


def pinned_log() -> int:
    """Bytes of a large log that cannot be cleared, as somebody still reads what was before. Clears what it can.

    Outside of transactions only; waits for nobody.
    """
    if log_size() <= LARGEST_LOG:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        _busy, pages, cleared = cursor.fetchone()
        cursor.execute("PRAGMA page_size")
        return (pages - cleared) * cursor.fetchone()[0]


def connections_used() -> tuple[int, int] | None:
    """How many connections PostgreSQL's clients hold, and how many it allows them; None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
            "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        )
        used, allowed = cursor.fetchone()
    return used, allowed
