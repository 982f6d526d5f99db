"""Who uses a data directory: web processes share it, whoever needs it alone keeps them out. The kernel frees locks."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.core.management.base import OutputWrapper

from control.management.refusing import StartFailed
from control.management.station_processes import holding_the_station
from stations.paths import StationPaths
from stations.safety.durable import read_json


def use_for_pages(paths: StationPaths) -> IO[str]:
    """Use the data directory as long as the answer is open. Raises StartFailed while a restore has it alone."""
    paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = paths.web_lock.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StartFailed(f"{paths.data} is being restored. Start the pages when that is done.") from None
    return lock


def check_restored(paths: StationPaths) -> None:
    """Raises StartFailed after a restore that was cut off: what waited in its archive would begin to run."""
    if paths.unfinished_restore.exists():
        raise StartFailed(
            f"A restore into {paths.data} was cut off, so nothing starts here. Run it again: "
            f"manage.py restore {read_json(paths.unfinished_restore)}"
        )


@contextmanager
def alone(paths: StationPaths) -> Iterator[None]:
    """Keep station and web processes out. Raises StartFailed when one of them is running on this data directory."""
    paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with holding_the_station(paths), paths.web_lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartFailed(f"The pages of {paths.data} are being served. Stop the web process first.") from None
        yield


@contextmanager
def taking_turns(paths: StationPaths, out: OutputWrapper) -> Iterator[None]:
    """Let backup, pruning and restore wait for each other: each needs files and rows that belong together.

    Whoever has to wait is told so; a signal ends the waiting as it would end the process.
    """
    paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with paths.archive_lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            out.write(f"Waiting for a backup, pruning or restore of {paths.data} to end …")
            out.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
