"""A running demo station with its simulated bench, on a database of its own, for the time of one benchmark."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from stations.safety import client
from tests.installations import Installation, wait_until
from tests.postgresql import PostgreSQL

PACKAGES = Path(__file__).resolve().parent / "packages"
DATABASES = ("sqlite", "postgresql")
# Between two runs: long enough for every process to have gone back to waiting.
PAUSE_S = 0.1


@contextmanager
def running_station(database: str, lanes: str | None = None) -> Iterator[Installation]:
    """Start everything that `serve_station --with-bench` starts, and make this process one of its faces."""
    folder = Path(tempfile.mkdtemp(prefix="gwanje-bench-"))
    server = PostgreSQL() if database == "postgresql" else None
    installation = None
    try:
        if server is not None:
            server.start()
            server.execute("CREATE DATABASE gwanje")
        url = f"sqlite:///{folder}/data/gwanje.sqlite3" if server is None else server.url("gwanje")
        installation = Installation(folder, url)
        installation.environment["GWANJE_SEQUENCE_DIRS"] = str(PACKAGES)
        installation.environment["GWANJE_DATASET_ROOTS"] = str(folder)
        if lanes is not None:
            installation.environment["GWANJE_WORKERS"] = lanes
        os.environ.update(installation.environment, DJANGO_SETTINGS_MODULE="control.settings")
        django.setup()
        _start(installation)
        yield installation
    finally:
        if installation is not None:
            installation.remove()
        if server is not None:
            server.remove()
        shutil.rmtree(folder)


def _start(installation: Installation) -> None:
    migrated = installation.manage("migrate", "-v0")
    if migrated.returncode:
        raise RuntimeError(migrated.stdout + migrated.stderr)
    serving = installation.start("serve_station", "--with-bench")
    wait_until(lambda: "is ready" in installation.output(serving) or serving.poll() is not None, what="the station")
    if serving.poll() is not None:
        raise RuntimeError(installation.output(serving))
    wait_until_idle(installation)


def wait_until_idle(station: Installation) -> None:
    """Wait until every slot and lane is safe, runs nothing and has its next runner ready; then a little longer."""
    slots = client.slots_known(station.paths)
    wait_until(lambda: all(_is_idle(station, slot) for slot in slots), what="an idle station")
    time.sleep(PAUSE_S)


def _is_idle(station: Installation, slot: str) -> bool:
    status = client.status(station.paths, slot)
    return status is not None and status["run"] is None and status["parked"] and status["safe"] is True


def is_parked(station: Installation, slot: str) -> bool:
    """Whether the slot's next runner is ready: it is what makes safe, too."""
    status = client.status(station.paths, slot)
    return status is not None and status["parked"]
