"""What the skin shows about this installation: the station of this host, and where its data is kept."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from stations.station_file import StationFileError, read_station_file

KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def station_name(request: HttpRequest) -> str:
    """The name in the station file; empty when there is no readable one. Asks no database."""
    try:
        return _name_in_file(settings.STATION_FILE.stat().st_mtime_ns)
    except OSError:
        return ""


def database_kind(request: HttpRequest) -> list[str]:
    """Text and colour of the badge in the header."""
    return [KINDS.get(connection.vendor, connection.vendor), "info"]


@lru_cache(maxsize=1)
def _name_in_file(changed: int) -> str:
    try:
        return read_station_file(settings.STATION_FILE, settings.DRIVERS).name
    except StationFileError:
        return ""
