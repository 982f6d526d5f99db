"""The database connection, made from one URL: SQLite for one host, PostgreSQL for several."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import dj_database_url

from control import environment

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"
OPTIONS: dict[str, dict[str, Any]] = {
    # With Django's own settings, four writers met 701 "database is locked"; with these, none.
    SQLITE: {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    },
    # A server that vanished is noticed within about 20 s instead of the kernel's two hours.
    POSTGRESQL: {
        "connect_timeout": 5,
        "keepalives": 1,
        "keepalives_idle": 5,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    },
}


# Connections that the threads of one process share; a request that gets none within `timeout` is answered with 503.
# The pool's own way back waits twice as long after each failure: minutes late after an outage of minutes. So it soon
# gives up, and the next request tries at once.
POOL = {"min_size": 1, "max_size": 12, "timeout": 5.0, "reconnect_timeout": 2.0}


def database(name: str, default: str, *, below: Path, pooled: bool = False) -> dict[str, Any]:
    """Django's settings for the database that the URL in variable `name` points at.

    `pooled`: for a process of many threads, which on PostgreSQL share a few connections.
    Options in the URL's query win over ours; the path of a SQLite file counts from `below`. Raises WrongSetting when
    the URL is none, or of another kind of database, or of one that several processes cannot share.
    """
    url = environment.secret(name) or default
    takes = "sqlite:///folder/file or postgresql://user:password@host/name"
    refused = environment.WrongSetting(name, without_password(url), takes)
    try:
        settings: dict[str, Any] = {**dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True)}
    except ValueError:
        raise refused from None
    if settings["ENGINE"] not in OPTIONS or settings["NAME"] in ("", ":memory:"):
        raise refused
    if settings["ENGINE"] == SQLITE:
        settings["NAME"] = str(below / settings["NAME"])
    settings["OPTIONS"] = OPTIONS[settings["ENGINE"]] | settings.get("OPTIONS", {})
    if pooled and settings["ENGINE"] == POSTGRESQL:
        settings["OPTIONS"]["pool"] = POOL
        settings["CONN_MAX_AGE"] = 0
    return settings


def without_password(url: str) -> str:
    """The URL as it may be shown to people and written to logs."""
    return re.sub(r"(//[^:/@]*):.*@", r"\1:***@", url)
