"""What surrounds a run in its process: the spool takes its story, the guard its deadlines, and wishes come back."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from collections import deque
from contextlib import suppress
from types import FrameType
from typing import Any

from sequences.host import GuardLost, SpoolFull
from sequences.interrupts import Stopped, ending_for, request, shielded
from sequences.runner.spool import Spool
from stations.contracts import Wish


def guard_lost() -> GuardLost:
    """The exception to raise. The kernel tells of the guard's death by a signal, too: whoever lets go of the
    instruments now must not be interrupted by it half-way.
    """
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    return GuardLost()


_LARGEST = 1 << 18  # a wish with new settings may be as long as a job


class GuardedHost:
    """The engine's Host, with a guard at the other end of a socket."""

    def __init__(self, guard: socket.socket, spool: Spool) -> None:
        self._guard = guard
        self._guard_pid = os.getppid()
        self._spool = spool
        self._wishes: deque[Wish] = deque()
        self._step: int | None = None
        self._attempt: int | None = None
        signal.signal(signal.SIGUSR1, self._on_stop)
        signal.signal(signal.SIGTERM, self._on_terminate)

    @shielded
    def emit(self, kind: str, **fields: Any) -> None:
        if kind == "step.started":
            self._step, self._attempt = fields["step"], fields["attempt"]
        elif kind == "step.ended":
            self._step = self._attempt = None
        self._spool.emit(kind, **fields)

    @shielded
    def emit_output(self, level: str, message: str, origin: str) -> None:
        """A line that the step printed or logged. It never uses the reserve, and never ends the step."""
        if not self._spool.full:
            with suppress(SpoolFull):
                self._spool.emit(
                    "log", step=self._step, attempt=self._attempt, level=level, message=message, origin=origin
                )

    @shielded
    def announce_deadline(self, at: float | None) -> None:
        """Waits while the guard does not read: without a guard there is no progress."""
        try:
            self._guard.send(b"d" if at is None else b"d%.6f" % at)
        except OSError:
            raise guard_lost() from None

    def receive_wish(self, timeout_s: float | None, other: int = -1) -> Wish | None:
        self._fetch()
        if not self._wishes and timeout_s != 0.0:
            both = [self._guard.fileno(), other]
            select.select(both if other >= 0 else both[:1], [], [], timeout_s)
            self._fetch()
        return self._wishes.popleft() if self._wishes else None

    @shielded
    def _fetch(self) -> None:
        while True:
            try:
                message = self._guard.recv(_LARGEST, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                raise guard_lost()
            self._wishes.append(json.loads(message))

    def _on_stop(self, _: int, frame: FrameType | None) -> None:
        """The guard has sent a stop or a limit and wants it heard now, not at the next boundary."""
        self._fetch()
        urgent = [wish for wish in self._wishes if wish["word"] in ("stop", "limit")]
        for wish in urgent:
            self._wishes.remove(wish)
        if urgent:
            request(ending_for(urgent[0]), frame)

    def _on_terminate(self, _: int, frame: FrameType | None) -> None:
        """With a guard: as a stop. Without one this signal is the kernel's news of its death."""
        if os.getppid() != self._guard_pid:
            raise guard_lost()
        request(Stopped("", "the runner was asked to end"), frame)
