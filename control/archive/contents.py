"""What an archive says of itself: `contents.json`, its last member. It decides whether it can be restored here."""

from __future__ import annotations

from typing import TypedDict

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from control import __version__
from control.lifecycle.refusals import Refused

FORMAT = 1
CONTENTS = "contents.json"
# Members. Files of the packages stand below PACKAGES by the place of their folder in GWANJE_SEQUENCE_DIRS; 0: our own.
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
# Below STORE: what batches were submitted with, by sha256.
STATION, PACKAGES, EVENTS, LATCHES, SPOOLS = "station.yaml", "packages", "events", "latches", "spools"
ATTACHMENTS = "attachments"
STORE = "package-store"
Migrations = list[tuple[str, str]]  # app, name


class MemberFacts(TypedDict):
    sha256: str
    bytes: int


class Contents(TypedDict):
    format: int
    version: str  # of Gwanje
    made_at: str  # ISO 8601, UTC
    database: str  # "sqlite" or "postgresql"
    migrations: list[list[str]]  # those that the database has: app, name
    rows: dict[str, int]  # by table, in the very snapshot that is archived
    live: list[str]  # batches that were running or paused
    members: dict[str, MemberFacts]


class ArchiveRefused(Refused):
    """Nothing was written or restored; the sentence says why and what to do."""


class DamagedArchive(Refused):
    """The file is no archive, or not what it was when it was written."""


def check_fits(contents: Contents) -> None:
    """Raises ArchiveRefused when this program or this database cannot take what the archive holds."""
    if contents["format"] > FORMAT or _unknown_migrations(contents):
        raise ArchiveRefused(
            f"The archive was made by a newer Gwanje ({contents['version']}; this is {__version__}). "
            "Install that version first, then restore."
        )
    if contents["database"] != connection.vendor:
        wanted = {"sqlite": "a SQLite file", "postgresql": "PostgreSQL"}[contents["database"]]
        raise ArchiveRefused(
            f"The archive holds a database of kind {contents['database']}, but GWANJE_DATABASE_URL names one of kind "
            f"{connection.vendor}. Set it to {wanted}, then restore."
        )


def _unknown_migrations(contents: Contents) -> bool:
    known = set(MigrationLoader(None).disk_migrations)
    return any((app, name) not in known for app, name in contents["migrations"])
