"""A copy of the database as it is at one moment, while everybody goes on working with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction

from control.archive import postgresql
from control.archive.contents import DATABASES, ArchiveRefused, Migrations
from control.states import ACTIVE

Tell = Callable[[str], None]

PAGES = 1000  # of SQLite, between two pauses
PAUSE_S = 0.005
LIVE = "SELECT id FROM control_batch WHERE state IN ({})".format(", ".join(f"'{state}'" for state in ACTIVE))
MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY id"


class Snapshot(NamedTuple):
    file: Path
    rows: dict[str, int]  # by table
    migrations: Migrations
    live: list[str]  # batches that are running or paused


def database_size() -> int:
    """Bytes of the database as it lies on its disk."""
    if connection.vendor == "sqlite":
        file = Path(connection.settings_dict["NAME"])
        parts = [file, file.with_name(f"{file.name}-wal")]
        return sum(part.stat().st_size for part in parts if part.exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size: int = cursor.fetchone()[0]
    return size


def take_snapshot(folder: Path, tell: Tell) -> Snapshot:
    """Copy the database into a folder. Raises ArchiveRefused or ProgramFailed, OSError or a database error."""
    return _of_sqlite(folder, tell) if connection.vendor == "sqlite" else _of_postgresql(folder, tell)


def _of_sqlite(folder: Path, tell: Tell) -> Snapshot:
    """The online backup, in portions. A transaction holds the moment: without it each commit would begin it anew."""
    copy = folder / DATABASES["sqlite"]
    copy.touch(mode=0o600)
    name = Path(connection.settings_dict["NAME"])
    if not name.exists():
        raise ArchiveRefused(f"There is no database at {name}. Start Gwanje once, or correct GWANJE_DATABASE_URL.")
    with closing(sqlite3.connect(name, timeout=20, isolation_level=None)) as source:
        source.execute("BEGIN")
        source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(copy)) as target:

            def told(_status: int, remaining: int, total: int) -> None:
                tell(f"database: {100 * (total - remaining) // max(1, total)} %")

            source.backup(target, pages=PAGES, sleep=PAUSE_S, progress=told)
    with closing(sqlite3.connect(copy)) as opened:
        (verdict,) = opened.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise ArchiveRefused(f"The database is damaged: {verdict}. Restore an older archive.")
        opened.execute("PRAGMA journal_mode=DELETE")  # the copy is one file
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        names = [name for (name,) in opened.execute(tables).fetchall()]
        return Snapshot(copy, *_facts(opened, names))


def _of_postgresql(folder: Path, tell: Tell) -> Snapshot:
    """pg_dump sees what this transaction sees, in which the rows are counted."""
    postgresql.check_programs()
    dump = folder / DATABASES["postgresql"]
    dump.touch(mode=0o600)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (moment,) = cursor.fetchone()
        facts = _facts(cursor, connection.introspection.table_names(cursor))
        tell("database: pg_dump")
        options = ["--format=custom", "--no-owner", "--no-privileges", "--schema=public"]
        postgresql.run("pg_dump", *options, f"--snapshot={moment}", f"--file={dump}")
    return Snapshot(dump, *facts)


def _facts(cursor: Any, tables: list[str]) -> tuple[dict[str, int], Migrations, list[str]]:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        found = cursor.execute(sql)
        return list((found or cursor).fetchall())

    if "django_migrations" not in tables:
        raise ArchiveRefused("The database is empty: there is nothing to back up.")
    counts = {table: rows(f'SELECT COUNT(*) FROM "{table}"')[0][0] for table in sorted(tables)}
    live = [str(pk).replace("-", "") for (pk,) in rows(LIVE)] if "control_batch" in tables else []
    return counts, [(app, name) for app, name in rows(MIGRATIONS)], live
