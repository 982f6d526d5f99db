"""System checks: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import NotSupportedError, OperationalError, connections

from control import environment
from control.access.login_links import is_loopback

SQLITE_NEEDED = (3, 35, 0)  # RETURNING
SHORTEST_SECRET, FEWEST_CHARACTERS = 32, 8
LONGEST_AGEING_S = 30 * 24 * 3600
NETWORK_FILE_SYSTEMS = {"9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs"}


@register(Tags.files)
def check_data_dir(**_options: Any) -> list[CheckMessage]:
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.DATA_DIR):
            return []
    except OSError as error:
        message = f"The data directory {settings.DATA_DIR} cannot be written: {error.strerror}."
        hint = "Give this user the right to write there, or set GWANJE_DATA_DIR to another folder."
        return [Error(message, hint=hint, id="control.E001")]


@register(Tags.compatibility)
def check_sqlite(**_options: Any) -> list[CheckMessage]:
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        return []
    found: list[CheckMessage] = []
    if sqlite3.sqlite_version_info < SQLITE_NEEDED:
        message = f"SQLite is {sqlite3.sqlite_version}, but 3.35 or newer is needed."
        hint = "Use a Python that was built with a newer SQLite, or PostgreSQL (GWANJE_DATABASE_URL)."
        found.append(Error(message, hint=hint, id="control.E002"))
    kind = file_system_of(Path(database["NAME"]), Path("/proc/self/mounts").read_text(encoding="utf-8"))
    if kind in NETWORK_FILE_SYSTEMS:
        message = f"The SQLite file {database['NAME']} lies on a network mount ({kind}), where its locks do not hold."
        hint = "Set GWANJE_DATA_DIR to a folder on a local disk, or use PostgreSQL (GWANJE_DATABASE_URL)."
        found.append(Error(message, hint=hint, id="control.E003"))
    if not has_full_text_search():
        message = "This SQLite was built without FTS5, so texts are searched slowly."
        hint = "Nothing breaks. Use a Python with a complete SQLite, or PostgreSQL (GWANJE_DATABASE_URL)."
        found.append(Info(message, hint=hint, id="control.I001"))
    return found


@register(Tags.database)
def check_postgresql(databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """A server that cannot be reached is no finding: it may be away for a while, and every process waits for it."""
    for alias in databases or []:
        try:
            connections[alias].ensure_connection()
        except NotSupportedError as error:
            hint = "Upgrade the server, or set GWANJE_DATABASE_URL to another one."
            return [Error(f"The database server is too old: {error}", hint=hint, id="control.E004")]
        except OperationalError:
            continue
    return []


@register(Tags.compatibility)
def check_workers(**_options: Any) -> list[CheckMessage]:
    if settings.WORKERS is None or settings.WORKERS >= 1:
        return []
    message = f"GWANJE_WORKERS is {settings.WORKERS}, so no work without a bench would ever run."
    hint = "Set it to the number of lanes you want, at least 1, or leave it out for one per processor, at least 3."
    return [Error(message, hint=hint, id="control.E005")]


@register(Tags.compatibility)
def check_ageing(**_options: Any) -> list[CheckMessage]:
    if 1 <= settings.AGEING_S <= LONGEST_AGEING_S:
        return []
    message = f"GWANJE_AGEING_S is {settings.AGEING_S:g} seconds, so what waits would be taken in no sensible order."
    hint = "Set it to the time that one level of priority is worth, from 1s to 30d, or leave it out for 10m."
    return [Error(message, hint=hint, id="control.E012")]


@register(Tags.files)
def check_station_file(**_options: Any) -> list[CheckMessage]:
    """Every problem of the station file is a message of its own, so that all are seen at once."""
    from stations.station_file import StationFileError, read_station_file  # noqa: PLC0415  (only where checks run)

    hint = f"Correct {settings.STATION_FILE}, or set GWANJE_STATION_FILE to another file."
    try:
        read_station_file(settings.STATION_FILE, settings.DRIVERS)
    except StationFileError as error:
        return [Error(problem, hint=hint, id="control.E006") for problem in str(error).splitlines()]
    return []


@register(Tags.security)
def check_debug(**_options: Any) -> list[CheckMessage]:
    """Pages with the insides of errors are for one developer on one machine."""
    shared = "PostgreSQL" if settings.DATABASES["default"]["ENGINE"].endswith("postgresql") else ""
    seen = "" if is_loopback(listening_host()) else f"the address {listening_host()}"
    if not settings.DEBUG or not (shared or seen):
        return []
    message = f"GWANJE_DEBUG is on together with {seen or shared}: errors would show others the insides of this system."
    return [Error(message, hint="Leave GWANJE_DEBUG out.", id="control.E007")]


@register(Tags.security)
def check_trusted_origins(**_options: Any) -> list[CheckMessage]:
    origins = settings.CSRF_TRUSTED_ORIGINS
    bare = [origin for origin in origins if not origin.startswith(("http://", "https://"))]
    if bare:
        message = f"GWANJE_TRUSTED_ORIGINS names {', '.join(bare)} without a scheme."
        return [Error(message, hint=f"Write https://{bare[0].rpartition('://')[2]}.", id="control.E008")]
    if len({origin.partition(":")[0] for origin in origins}) > 1:
        message = "GWANJE_TRUSTED_ORIGINS mixes http and https, so login cookies travel over plain HTTP, too."
        return [Warning(message, hint="Name https addresses only.", id="control.W002")]
    return []


@register(Tags.security)
def check_secret_key(**_options: Any) -> list[CheckMessage]:
    key = settings.SECRET_KEY
    if len(key) >= SHORTEST_SECRET and len(set(key)) >= FEWEST_CHARACTERS:
        return []
    message = "GWANJE_SECRET_KEY can be guessed. Whoever knows it can log in as anybody and run code on every station."
    hint = f"Give it at least {SHORTEST_SECRET} random characters, or leave it out: one is made and kept."
    return [Error(message, hint=hint, id="control.E009")]


@register(Tags.compatibility)
def check_port(**_options: Any) -> list[CheckMessage]:
    if settings.PORT is None or 1 <= settings.PORT <= 65535:
        return []
    return [Error(f"GWANJE_PORT is {settings.PORT}.", hint="Use a number from 1 to 65535.", id="control.E010")]


@register(Tags.compatibility)
def check_datasets(**_options: Any) -> list[CheckMessage]:
    lowest = {
        "GWANJE_DATASET_MAX_FILES_PER_REQUEST": (settings.DATASET_MAX_FILES_PER_REQUEST, 1),
        "GWANJE_DATASET_MAX_MB": (settings.DATASET_MAX_BYTES, 1),
        "GWANJE_DATASET_SPARE_MB": (settings.DATASET_SPARE_BYTES, 0),
        "GWANJE_DATASET_MAX_PIXELS": (settings.DATASET_MAX_PIXELS, 1),
    }
    found: list[CheckMessage] = [
        Error(f"{name} is too small.", hint=f"Use a number from {least} on, or leave it out.", id="control.E011")
        for name, (value, least) in lowest.items()
        if value < least
    ]
    for root in settings.DATASET_ROOTS:
        if not root.is_dir():
            hint = "Correct GWANJE_DATASET_ROOTS, or mount what is missing."
            found.append(Warning(f"There is no folder {root} that datasets may lie in.", hint=hint, id="control.W003"))
    return found


@register(Tags.security)
def check_allowed_hosts(**_options: Any) -> list[CheckMessage]:
    from control.management.listening import EVERYWHERE  # noqa: PLC0415  (as above)

    if listening_host() not in EVERYWHERE or environment.words("GWANJE_ALLOWED_HOSTS"):
        return []
    message = f"The pages listen on every address of this host, but answer only to {', '.join(settings.ALLOWED_HOSTS)}."
    hint = "Set GWANJE_ALLOWED_HOSTS to the names or addresses that people type, such as gwanje.example,192.0.2.7."
    return [Warning(message, hint=hint, id="control.W001")]


def listening_host() -> str:
    """Where the web process of this host listens. A command's flag has been put into the environment before."""
    from stations.station_file import Server, StationFileError, read_station_file  # noqa: PLC0415  (as above)

    host = environment.text("GWANJE_HOST")
    if not host:
        try:
            host = read_station_file(settings.STATION_FILE, settings.DRIVERS).server.host
        except StationFileError:  # has a check of its own
            host = Server.host
    return host


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that `path` is on, by a table like /proc/self/mounts."""
    best, kind = Path("/"), ""
    for line in mounts.splitlines():
        _device, point, found = line.split(" ")[:3]
        mounted = Path(point.encode().decode("unicode_escape"))  # a blank is written as \040
        if path.resolve().is_relative_to(mounted) and len(mounted.parts) >= len(best.parts):
            best, kind = mounted, found  # of two mounts on one point the later one counts
    return kind


def has_full_text_search() -> bool:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE texts USING fts5(content)")
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return True
