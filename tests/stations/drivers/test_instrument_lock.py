"""Nobody talks to an instrument beside whoever holds its lock, and the refusal names them."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from stations.drivers.instrument_error import InstrumentError
from stations.drivers.instrument_lock import InstrumentLock

pytestmark = pytest.mark.any_database

SUPPLY = {
    "name": "supply-1",
    "driver": "stations.drivers.scpi.ScpiInstrument",
    "resource": "TCPIP::127.0.0.1::1::SOCKET",
    "options": {},
    "commands": {},
    "safe_state": [],
}


def test_second_holder_is_refused_with_the_name_of_the_first(tmp_path: Path):
    with InstrumentLock(tmp_path, SUPPLY) as first:
        first.take("run 7 on demo/slot-1")
        with pytest.raises(InstrumentError) as refusal:
            InstrumentLock(tmp_path, SUPPLY).take("a probe")
    at = "Instrument supply-1 at TCPIP::127.0.0.1::1::SOCKET"
    owner = f"run 7 on demo/slot-1 (process {os.getpid()})"
    assert str(refusal.value) == f"{at} is in use by {owner}: wait until that has ended."
    InstrumentLock(tmp_path, SUPPLY).take("a probe")


def test_lock_of_a_killed_process_is_free_at_once(tmp_path: Path):
    ready, theirs = os.pipe()
    if (pid := os.fork()) == 0:
        InstrumentLock(tmp_path, SUPPLY).take("a run")
        os.write(theirs, b"x")
        signal.pause()
    os.read(ready, 1)
    with pytest.raises(InstrumentError, match=rf"in use by a run \(process {pid}\)"):
        InstrumentLock(tmp_path, SUPPLY).take("another")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    InstrumentLock(tmp_path, SUPPLY).take("another")


def test_whoever_waits_gets_it_when_it_is_released(tmp_path: Path):
    first, second = InstrumentLock(tmp_path, SUPPLY), InstrumentLock(tmp_path, SUPPLY)
    first.take("a probe")
    threading.Timer(0.05, first.release).start()
    second.take("a run", wait_s=5.0)
    first.release()  # twice does no harm
    with pytest.raises(InstrumentError, match="in use by a run"):
        first.take("a probe")
