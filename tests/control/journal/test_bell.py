"""A bell wakes whoever listens, after the commit and never before it."""

from __future__ import annotations

import os
import threading

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
    listener._line._sockets[0][0].close()  # as a kill does: the file stays
    bell.ring("board")
    assert list(settings.STATION_PATHS.bells.iterdir()) == []
