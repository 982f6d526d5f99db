"""The second Ctrl-C is an emergency stop, whatever the program is waiting for at that moment."""

from __future__ import annotations

import os
import signal
import threading
from types import TracebackType
from typing import Self

from control.lifecycle.actor import Actor
from control.lifecycle.safety.press import Pressed, press_emergency_stop

PROOF_WITHIN_S = 5.0


class SecondCtrlC:
    """Presses from a thread of its own: the main one may hang in a database that does not answer.

    Python tells the thread of a signal through a pipe, at once; handlers in the main thread would have to wait.
    """

    def __init__(self, scope: str, by: Actor) -> None:
        self.scope = scope
        self._by = by
        self._pressed: Pressed | None = None
        self._done = threading.Event()

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._before = signal.set_wakeup_fd(self._write)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        signal.set_wakeup_fd(self._before)
        os.close(self._write)  # ends the thread
        self._thread.join(PROOF_WITHIN_S)
        os.close(self._read)

    def _listen(self) -> None:
        count = 0
        while numbers := os.read(self._read, 64):
            count += numbers.count(signal.SIGINT)
            if count >= 2 and self._pressed is None:
                self._pressed = press_emergency_stop(self.scope, by=self._by, reason="Ctrl-C, twice")
                self._done.set()

    def pressed(self) -> Pressed | None:
        """What the guards answered; None when they have not within a few seconds."""
        self._done.wait(PROOF_WITHIN_S)
        return self._pressed
