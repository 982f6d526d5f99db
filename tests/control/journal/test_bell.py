"""A bell wakes whoever listens, after the commit and never before it."""

from __future__ import annotations

import fcntl
import os
import resource
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection, transaction

from control.journal import bell

pytestmark = pytest.mark.django_db(transaction=True)


def in_another_thread(work: object) -> None:
    def run() -> None:
        work()  # type: ignore[operator]
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_listener_hears_its_bell() -> None:
    with bell.Listener("board") as listener:
        listener.wait(0)
        in_another_thread(lambda: bell.ring("board"))
        assert listener.wait(5)


def test_listener_does_not_hear_other_bells() -> None:
    with bell.Listener("board") as listener:
        listener.wait(0)
        in_another_thread(lambda: bell.ring("alerts"))
        assert not listener.wait(0.2)


def test_bell_of_a_rolled_back_transaction_stays_silent() -> None:
    def roll_back() -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            bell.ring("board")
            raise RuntimeError

    with bell.Listener("board") as listener:
        listener.wait(0)
        in_another_thread(roll_back)
        assert not listener.wait(0.2)


def test_wait_returns_for_another_file_descriptor_too() -> None:
    read, write = os.pipe()
    with bell.Listener("board") as listener:
        os.write(write, b"!")
        assert not listener.wait(5, read)


def test_ring_clears_away_the_socket_of_a_killed_listener() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("sockets only carry the bells of SQLite")
    settings.STATION_PATHS.prepare()
    listener = bell.Listener("board")
    ((socket, _path),) = listener._line._sockets.values()
    socket.close()  # as a kill does: the file stays
    bell.ring("board")
    assert list(settings.STATION_PATHS.bells.iterdir()) == []


def test_listener_tells_which_bells_have_rung() -> None:
    with bell.Listener("board", "alerts", "safety") as listener:
        listener.wait(0)
        in_another_thread(lambda: bell.ring("board", "alerts"))
        assert listener.wait_for_names(5) == {"board", "alerts"}


def test_listener_listens_to_other_names_when_told_to() -> None:
    with bell.Listener("board", "alerts") as listener:
        listener.wait(0)
        listener.listen_to("alerts", "safety")
        in_another_thread(lambda: bell.ring("board", "alerts", "safety"))
        assert listener.wait_for_names(5) == {"alerts", "safety"}


def open_descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def test_listener_that_cannot_listen_leaves_no_descriptor_open(settings) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("sockets only carry the bells of SQLite")
    with bell.Listener("board") as listener:
        settings.STATION_PATHS = SimpleNamespace(bells=Path("/nowhere/bells"))
        before = open_descriptors()
        with pytest.raises(OSError) as error:
            listener.listen_to("board", "alerts")
        left = open_descriptors()  # the traceback still holds on to whatever was forgotten
        assert (left, error.type) == (before, FileNotFoundError)


def test_listener_of_no_names_still_waits_for_other_file_descriptors() -> None:
    read, write = os.pipe()
    with bell.Listener() as listener:
        os.write(write, b"!")
        assert listener.wait_for_names(5, read) == set()


def test_listener_waits_with_file_descriptors_above_1023() -> None:
    read, write = os.pipe()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    high = fcntl.fcntl(read, fcntl.F_DUPFD, 1500)
    with bell.Listener("board") as listener:
        os.write(write, b"!")
        assert not listener.wait(5, high)
    os.close(high)
