"""PostgreSQL's own programs for dumping and restoring: found, as new as the server, no password in their arguments."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from control.archive.contents import ArchiveRefused


class ProgramFailed(Exception):
    """pg_dump or pg_restore has failed; the sentence is its own."""


def check_programs() -> None:
    """Raises ArchiveRefused when pg_dump or pg_restore is missing or older than the server."""
    connection.ensure_connection()
    server = connection.pg_version // 10_000
    for name in ("pg_dump", "pg_restore"):
        said = subprocess.run([_found(name, server), "--version"], capture_output=True, text=True).stdout
        version = re.search(r"(\d+)", said.rpartition(")")[2])
        if version is None or int(version[1]) < server:
            raise ArchiveRefused(
                f"{name} is of version {version[1] if version else 'unknown'}, but the server is PostgreSQL {server}. "
                f"{_remedy(server)}"
            )


def run(program: str, *arguments: str) -> None:
    """Run one of the programs against the database of this installation. Raises ProgramFailed."""
    address, password = _address()
    command = [_found(program, connection.pg_version // 10_000), "--no-password", f"--dbname={address}", *arguments]
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {}), "LC_MESSAGES": "C"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        raise ProgramFailed(f"{program} failed: {said[0].strip()}")


def _found(name: str, server: int) -> str:
    found = shutil.which(name, path=str(settings.PG_BIN) if settings.PG_BIN else None)
    if found is None:
        where = f"in {settings.PG_BIN}" if settings.PG_BIN else "on PATH"
        raise ArchiveRefused(f"{name} was not found {where}. {_remedy(server)}")
    return str(Path(found))


def _remedy(server: int) -> str:
    return (
        f"Install the client programs of PostgreSQL {server} (on Debian: postgresql-client-{server}), or let "
        "GWANJE_PG_BIN name the folder that holds them."
    )


def _address() -> tuple[str, str]:
    """What libpq needs to know, and the password apart from it."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    parameters = {name: value for name, value in connection.get_connection_params().items() if name in known}
    password = str(parameters.pop("password", ""))
    return make_conninfo(**parameters), password
