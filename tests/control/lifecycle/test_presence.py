"""A supervisor's sign of life dies with it, and a successor's is not mistaken for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from control.lifecycle import presence
from control.lifecycle.presence import STALE_S, Presence, abandoned, forget, is_supervised

HOLD = """
import django, sys, time
django.setup()
from control.lifecycle.presence import Presence
with Presence(sys.argv[1], "demo/slot-1"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def empty_folder() -> Iterator[None]:
    yield
    for path in settings.STATION_PATHS.supervisors.iterdir():
        path.unlink()


def holder(batch: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, batch], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_batch_is_supervised_while_it_is_held() -> None:
    batch = str(uuid4())
    with Presence(batch, "demo/slot-1"):
        assert is_supervised(batch)
        assert abandoned() == {}
    assert not is_supervised(batch)
    assert list(settings.STATION_PATHS.supervisors.iterdir()) == []


def test_killed_supervisor_leaves_its_slot_behind() -> None:
    batch = str(uuid4())
    process = holder(batch)
    assert is_supervised(batch)
    process.kill()
    process.communicate()
    assert abandoned() == {batch: "demo/slot-1"}
    forget(batch)
    assert abandoned() == {}


def test_frozen_supervisor_counts_as_gone() -> None:
    batch = str(uuid4())
    process = holder(batch)
    os.kill(process.pid, signal.SIGSTOP)
    old = time.clock_gettime(time.CLOCK_BOOTTIME) - STALE_S - 1
    os.utime(settings.STATION_PATHS.supervisors / batch, (old, old))
    assert not is_supervised(batch)
    process.kill()
    process.communicate()


def test_predecessor_that_wakes_up_leaves_the_successors_sign_alone() -> None:
    batch = str(uuid4())
    first = Presence(batch, "demo/slot-1")
    first.__enter__()
    with Presence(batch, "demo/slot-1"):
        first.__exit__(None, None, None)
        assert presence.is_supervised(batch)
