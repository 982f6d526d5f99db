"""Writing without waiting long: for whoever holds a database's locks, an emergency stop is not held up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def short_waits(seconds: float) -> Iterator[None]:
    """Inside, a lock that somebody else holds raises OperationalError after `seconds` instead of the usual time."""
    milliseconds = int(seconds * 1000)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout")
            usual = cursor.fetchone()[0]
            commands = f"PRAGMA busy_timeout = {milliseconds}", f"PRAGMA busy_timeout = {usual}"
        else:
            commands = f"SET lock_timeout = {milliseconds}", "RESET lock_timeout"
        cursor.execute(commands[0])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(commands[1])
