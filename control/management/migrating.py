"""Bringing the database up to date before a start: never under somebody who works with it, and never without a copy."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.db.models.functions import Now

from control.management.refusing import REFUSED
from stations.models import Station
from stations.provisioning import ALIVE_FOR

KEPT_COPIES = 3
# Two hosts that start at once after an upgrade: the second one waits, and then finds nothing to do.
ADVISORY_LOCK = 4_761_538


def pending() -> int:
    """By how many migrations the database is behind the program."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def is_new() -> bool:
    """Whether nobody has ever worked with this database."""
    return not MigrationRecorder(connection).applied_migrations()


def migrate(station: str) -> str:
    """Bring the database up to date and say in a few words what was done.

    The caller holds the lock of `station` on this host, which therefore works no more. Raises CommandError when another
    station works with this database, and when SQLite cannot be copied.
    """
    with _one_at_a_time():
        steps, new = pending(), is_new()
        if not steps:
            return "up to date"
        copy = None
        if not new:
            _check_nobody_works(besides=station)
            copy = _copy() if connection.vendor == "sqlite" else None
        call_command("migrate", verbosity=0)
    done = "created" if new else f"migrated, {steps} step{'s' if steps != 1 else ''}"
    return done + (f"; as it was before: {copy}" if copy else "")


def copy_sqlite(database: Path) -> Path:
    """Copy the database, whoever uses it, and keep the newest copies. Raises OSError or sqlite3.Error."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    copy = database.with_name(f"{database.stem}.{stamp}{database.suffix}")
    draft = copy.with_name(f".{copy.name}")
    try:
        draft.touch(mode=0o600)
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(draft)) as target:
            source.backup(target)
        draft.rename(copy)  # a copy of this name is whole
    finally:
        draft.unlink(missing_ok=True)
    days, times = "[0-9]" * 8, "[0-9]" * 6
    for old in sorted(database.parent.glob(f"{database.stem}.{days}-{times}{database.suffix}"))[:-KEPT_COPIES]:
        old.unlink()
    return copy


def _copy() -> Path:
    connection.close()
    try:
        return copy_sqlite(Path(connection.settings_dict["NAME"]))
    except (OSError, sqlite3.Error) as error:
        raise CommandError(
            f"The database has to be migrated, but cannot be copied first: {error}. Nothing was changed.",
            returncode=REFUSED,
        ) from error


def _check_nobody_works(besides: str) -> None:
    """By heartbeats: a host of which nothing is left but its rows does not stand in the way."""
    ours = Q(pk=besides, host=socket.gethostname())  # may have been killed a second ago
    alive = Station.objects.filter(~ours, heartbeat_at__gt=Now() - ALIVE_FOR).values_list("pk", "host")
    if alive:
        who = ", ".join(f"{station} on {host}" for station, host in alive)
        raise CommandError(
            f"The database has to be migrated, but {who} still works with it. Stop it first, on its host.",
            returncode=REFUSED,
        )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if connection.vendor != "postgresql":  # SQLite serves one host, whose stations exclude each other by a file
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
