"""The database: which it is, whether it answers, whether it is up to date, and what weighs on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, NotSupportedError, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.migrations.executor import MigrationExecutor

from control.management.doctor.finding import Finding, attention, good, wrong
from control.management.refusing import DAMAGED
from control.metrics.database_load import (
    LARGEST_LOG,
    LONGEST_TRANSACTION_S,
    SLOW_MS,
    answer_ms,
    connections_used,
    log_size,
    oldest_transaction,
)
from control.metrics.disk import size_text
from control.models import Batch

OURS = ("control", "stations")
APART_S = 2.0
LOCKED_FOR_S, STATEMENT_MS = 2, 3000
MANY_CONNECTIONS, TOO_MANY_CONNECTIONS = 0.8, 0.95


def look_only() -> None:
    """Let no connection of this process change anything, or wait for long."""
    connection_created.connect(_read_only)
    options = connections.settings["default"]["OPTIONS"]
    if connection.vendor == "sqlite":
        options["timeout"] = LOCKED_FOR_S


def _read_only(connection: BaseDatabaseWrapper, **_: object) -> None:
    orders = (
        ["SET default_transaction_read_only = on", f"SET statement_timeout = {STATEMENT_MS}"]
        if connection.vendor == "postgresql"
        else ["PRAGMA query_only = ON"]
    )
    with connection.cursor() as cursor:
        for order in orders:
            cursor.execute(order)


def missing_database() -> Path | None:
    """The SQLite file that is not there yet: to ask it would make it."""
    database = settings.DATABASES["default"]
    file = Path(database["NAME"])
    return file if connection.vendor == "sqlite" and not file.exists() else None


def look_at_database() -> Iterator[Finding]:
    if file := missing_database():
        yield attention(f"There is no database yet at {file}.", "The first start makes it: manage.py start")
        return
    try:
        yield _look_at_answer()
    except NotSupportedError as error:
        yield wrong(f"The server is too old: {error}", "Upgrade it, or set GWANJE_DATABASE_URL to another one.")
        return
    except OperationalError as error:
        yield wrong(f"{_place()} does not answer: {_first_line(error)}", _how_to_reach())
        return
    except DatabaseError as error:
        yield wrong(f"{_place()} is damaged: {_first_line(error)}", f"{DAMAGED} See docs/operations.md.")
        return
    yield _look_at_migrations()
    yield from _look_at_weight()


def _look_at_answer() -> Finding:
    took_ms = answer_ms()
    text = f"{_place()} answers in {took_ms:.1f} ms"
    if took_ms > SLOW_MS:
        return attention(f"{text}.", "The server or the way to it is slow: look at its load and at the network.")
    return good(text)


def _place() -> str:
    database = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        file = Path(database["NAME"])
        return f"SQLite file {file} ({size_text(file.stat().st_size)})"
    version = f" {connection.pg_version // 10000}" if connection.connection is not None else ""
    host = database["HOST"] or database["OPTIONS"].get("host") or "the local socket"
    return f"PostgreSQL{version} '{database['NAME']}' at {host}"


def _how_to_reach() -> str:
    if connection.vendor == "sqlite":
        return "Check that the file is whole and yours; the newest copy beside it is from before the last migration."
    return "Start its server, check the network, or correct GWANJE_DATABASE_URL. Runs go on meanwhile."


def _look_at_migrations() -> Finding:
    executor = MigrationExecutor(connection)
    applied, known = executor.loader.applied_migrations, executor.loader.disk_migrations
    if newer := sorted(name for app, name in applied if app in OURS and (app, name) not in known):
        text = f"The database was brought up to date by a newer Gwanje ({newer[-1]})."
        return wrong(text, "Use that version here, too, or restore a backup of this one.")
    behind = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if behind and not applied:
        return attention("The database is empty.", "The first start fills it: manage.py start")
    if behind:
        text = f"The database is {behind} migration{'s' if behind > 1 else ''} behind the program."
        return wrong(text, "`manage.py start` copies it first and migrates. By hand: manage.py migrate")
    return good("Its tables are up to date")


def _look_at_weight() -> Iterator[Finding]:
    if (size := log_size()) > LARGEST_LOG:
        text = (
            f"Its write-ahead log has needed {size_text(size)}: a program reads for long, or much was written at once."
        )
        yield attention(text, "Close that program. The file shrinks when everything has been stopped.")
    oldest = oldest_transaction()
    if oldest is not None and oldest.open_s > LONGEST_TRANSACTION_S:
        text = f"A transaction has been open for {int(oldest.open_s / 60)} minutes: {oldest.who}."
        yield attention(text, f"End that program, or: SELECT pg_terminate_backend({oldest.pid})")
    if (found := connections_used()) is not None:
        used, allowed = found
        text = f"{used} of {allowed} connections are in use"
        if used < MANY_CONNECTIONS * allowed:
            yield good(text)
        else:
            serious = used >= TOO_MANY_CONNECTIONS * allowed
            yield (wrong if serious else attention)(
                f"{text}.", "Raise max_connections, or close what does not need one."
            )


def look_at_clock() -> Iterator[Finding]:
    """The host's clock beside the database's, and beside what was already written down."""
    apart = _seconds_from_server() if connection.vendor == "postgresql" else 0.0
    if abs(apart) > APART_S:
        text = f"The clock of this host is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} the database's."
        yield attention(text, "Set both by the network (timedatectl set-ntp true): people compare times of both.")
    newest = Batch.objects.order_by("-pk").values_list("created_at", flat=True).first()
    ahead = (newest - datetime.now(UTC)).total_seconds() if newest else 0.0
    if ahead > APART_S:
        text = f"The newest batch was submitted {ahead:.0f} s from now, by this host's clock."
        yield attention(text, "The clock was set back, or that of another host is ahead. Set them by the network.")
    elif abs(apart) <= APART_S:
        yield good(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, in step with the database")


def _seconds_from_server() -> float:
    """By how much this host's clock is ahead, asked so that a slow answer does not count."""
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float")
        server = cursor.fetchone()[0]
    return (before + time.time()) / 2 - server


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
