"""Looking for the instruments of an idle slot, in a process of its own: whatever hangs there holds up nothing here.

It is a fork of the parked runner, which has everything loaded: a millisecond instead of a cold start, and a connection,
a thread or a crash of a driver is gone with it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from stations.drivers.instrument_error import InstrumentError
from stations.drivers.loading import load_driver
from stations.drivers.probe import probe

# A killed process is gone within microseconds, unless the operating system itself hangs on an instrument.
DEATH_PATIENCE_S = 0.05
_PR_SET_PDEATHSIG = 1


class Look:
    """At most one look at a time."""

    def __init__(self, guard: socket.socket, allowed: Collection[str] = ()) -> None:
        """`allowed`: driver classes beside ours."""
        self.guard = guard
        self._allowed = allowed
        self._pid = 0

    def begin(self, order: dict[str, Any]) -> None:
        """Tell the guard what is found, from the other process, within the budget of the order."""
        self.end()
        for settings in order["instruments"]:
            with suppress(InstrumentError):
                load_driver(settings, self._allowed)  # imports its class here, once: all later processes have it
        self._pid = os.fork()
        if not self._pid:
            try:
                self._look(order)
            finally:
                os._exit(0)

    def end(self) -> None:
        """Let nobody hold an instrument any more: a run or the safe state comes now."""
        if not self._pid:
            return
        os.kill(self._pid, signal.SIGKILL)  # ours until we have waited for it: the number is of nobody else
        until = time.monotonic() + DEATH_PATIENCE_S
        while os.waitpid(self._pid, os.WNOHANG)[0] == 0 and time.monotonic() < until:
            time.sleep(0.0005)
        self._pid = 0

    def _look(self, order: dict[str, Any]) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        found = probe(
            order["instruments"],
            order["budget_s"],
            locks=Path(order["locks"]),
            thorough=order["thorough"],
            allowed=self._allowed,
        )
        with suppress(OSError):  # the guard has gone
            self.guard.send(b"p" + json.dumps(found, ensure_ascii=False).encode())
