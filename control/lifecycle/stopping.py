"""A station that is being stopped takes no new work. A lock says so, which dies with whoever stops it."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from control.lifecycle.refusals import WrongState
from control.lifecycle.safety.scopes import slots_here

# Readers hold the lock for a moment. One that stands still with it hinders no stop.
TRIES, APART_S = 20, 0.01


@contextmanager
def being_stopped() -> Iterator[None]:
    """The station of this host takes no new work meanwhile. Where no lock can be had, it stops all the same."""
    try:
        lock = settings.STATION_PATHS.stopping_lock.open("a")
    except OSError:
        yield
        return
    with lock:
        for _try in range(TRIES):
            if _taken(lock, fcntl.LOCK_EX):
                break
            time.sleep(APART_S)
        yield


def is_stopping(station: str) -> bool:
    """Whether the station is being stopped on this host. What another host does with it is not known here."""
    try:
        lock = settings.STATION_PATHS.stopping_lock.open("r")
    except OSError:
        return False
    with lock:
        return not _taken(lock, fcntl.LOCK_SH) and bool(slots_here(station))


def check_not_stopping(station: str) -> None:
    """Raises WrongState while the station is being stopped on this host. Other hosts queue for its next start."""
    if is_stopping(station):
        sentence = _(
            "Station '%(name)s' is being stopped and takes no new work. Submit it again when it has been started."
        )
        raise WrongState(sentence % {"name": station})


def _taken(lock: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
