"""Putting a database back: nobody else may use it, and the old one is gone only when the new one is there."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from control.archive import postgresql
from control.archive.contents import DATABASES, ArchiveRefused
from stations.models import Station
from stations.provisioning import ALIVE_FOR
from stations.safety.durable import sync_folder

OLD = "gwanje_before_restore"  # a schema; there only while a restore is going on
OURS = "SELECT tablename FROM pg_tables WHERE schemaname = %s"


def is_empty() -> bool:
    """Whether there is nothing yet that would have to be kept aside."""
    if connection.vendor == "sqlite":
        file = _file()
        return not file.exists() or not file.stat().st_size
    return not connection.introspection.table_names()


def check_nobody_else() -> None:
    """Raises ArchiveRefused when somebody else is at work with the database, on this host or another."""
    if connection.vendor == "sqlite":
        _check_file_is_free()
        return
    postgresql.check_programs()
    _finish_interrupted()
    _check_no_station_beats()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        (others,) = cursor.fetchone()
    if others:
        raise ArchiveRefused(
            f"The database has {others} other connection{'s' if others > 1 else ''}. Stop the stations and web "
            "processes of every host that uses it."
        )


def put_back(folder: Path) -> None:
    """Replace the database by the copy in a folder. Raises ProgramFailed, OSError or a database error: as it was."""
    if connection.vendor == "sqlite":
        _replace_file(folder / DATABASES["sqlite"])
    else:
        _replace_tables(folder / DATABASES["postgresql"])
    connection.close()


def sqlite_files() -> list[Path]:
    """The database file, and beside it what SQLite may have written there."""
    file = _file()
    return [file, *(file.with_name(file.name + ending) for ending in ("-wal", "-shm"))]


def _file() -> Path:
    return Path(connection.settings_dict["NAME"])


def _check_file_is_free() -> None:
    """A file that is open anywhere else cannot leave the mode with a write-ahead log."""
    connection.close()
    if not _file().exists():
        return
    with closing(sqlite3.connect(_file(), timeout=1, isolation_level=None)) as opened:
        try:
            opened.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise ArchiveRefused(
                f"Another process has {_file()} open ({error}). Stop it first: a station, a web process, a command."
            ) from error
        except sqlite3.DatabaseError:
            pass  # damaged: why somebody restores


def _replace_file(copy: Path) -> None:
    _check_file_is_free()
    target = _file()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.restoring")
    shutil.copyfile(copy, draft)
    draft.chmod(0o600)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    for part in sqlite_files()[1:]:  # of the old one: they would spoil the new one
        part.unlink(missing_ok=True)
    draft.replace(target)
    sync_folder(target.parent)


def _check_no_station_beats() -> None:
    ours = Q(host=socket.gethostname())  # our own: its lock was asked already
    if Station._meta.db_table not in connection.introspection.table_names():
        return
    alive = list(Station.objects.filter(~ours, heartbeat_at__gt=Now() - ALIVE_FOR).values_list("pk", "host"))
    if alive:
        who = ", ".join(f"{station} on {host}" for station, host in alive)
        raise ArchiveRefused(f"{who} still works with this database. Stop it first, on its host.")


def _replace_tables(dump: Path) -> None:
    """The old tables step aside into a schema of their own until the new ones are there."""
    _move_tables("public", OLD)
    connection.close()
    try:
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--schema=public"]
        postgresql.run("pg_restore", *options, str(dump))
    except BaseException:
        _move_tables(OLD, "public")
        raise
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {OLD} CASCADE")
        cursor.execute("ANALYZE")


def _finish_interrupted() -> None:
    """A restore that was killed has left the old tables aside: unless the new ones are there, they come back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [OLD])
        if cursor.fetchone() is None:
            return
        cursor.execute(OURS, ["public"])
        if cursor.fetchone() is not None:
            cursor.execute(f"DROP SCHEMA {OLD} CASCADE")
            return
    _move_tables(OLD, "public")


def _move_tables(source: str, target: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {target}")
        cursor.execute(OURS, [source])
        for (table,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {source}."{table}" SET SCHEMA {target}')
        if source == OLD:
            cursor.execute(f"DROP SCHEMA {OLD}")
