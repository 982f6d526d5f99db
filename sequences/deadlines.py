"""The deadlines of the running step and of the whole sequence, on a clock that stands still during a pause."""

from __future__ import annotations

import signal
import time

from sequences.host import Host
from sequences.interrupts import REPEAT_S, Interrupt, SequenceTimeout, StepTimeout, shielded, withdraw_step_timeout


class Deadlines:
    """Holds both deadlines, tells the guard the nearer one, and lets SIGALRM interrupt the step when it has passed."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._step: float | None = None  # seconds of time.monotonic()
        self._step_timeout_s: float | None = None
        self._sequence: float | None = None
        self._suspended: float | None = None  # the sequence's, during the teardown of a nested group
        self._sequence_timeout_s: float | None = None
        self._announced: float | None = None
        self._paused_at: float | None = None
        self._standing = 0  # how many want the clocks to stand still: a prompt that waits, a pause, or both

    def begin_sequence(self, timeout_s: float | None) -> None:
        self._sequence_timeout_s = timeout_s
        self._sequence = None if timeout_s is None else time.monotonic() + timeout_s

    def end_sequence(self) -> None:
        """Setup and main are over: the teardown has only the deadlines of its steps."""
        self._sequence = None

    def suspend_sequence(self) -> None:
        """The teardown of a nested group begins: the sequence's clock goes on, but ends nothing before it is over."""
        self._suspended, self._sequence = self._sequence, None

    def go_on_with_sequence(self) -> None:
        self._sequence, self._suspended = self._suspended, None

    def begin_step(self, timeout_s: float | None) -> None:
        self._paused_at, self._standing = None, 0  # a stop may have ended the pause
        self._step_timeout_s = timeout_s
        self._step = None if timeout_s is None else time.monotonic() + timeout_s
        self._arm()

    def end_step(self) -> None:
        """Disarm. The guard is not told yet: the next step follows at once, with a deadline of its own."""
        if self._step is not None:
            self._step = None
            withdraw_step_timeout()
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    def pause(self) -> None:
        """Let the clocks stand still until as many have resumed as have paused."""
        self._standing += 1
        if self._standing > 1:
            return
        self._paused_at = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        self._announce(None)

    def resume(self) -> float:
        """Go on, with as much time left as before the pause. Returns how long it was, in seconds."""
        self._standing = max(0, self._standing - 1)
        if self._standing or self._paused_at is None:
            return 0.0
        paused_s = time.monotonic() - self._paused_at
        self._paused_at = None
        if self._step is not None:
            self._step += paused_s
        if self._sequence is not None:
            self._sequence += paused_s
        self._arm()
        return paused_s

    @shielded
    def expired(self, now: float) -> Interrupt | None:
        """The interrupt that is due at `now`, if one is."""
        if self._paused_at is not None:
            return None
        if self._step is not None and now >= self._step:
            return StepTimeout(f"it took longer than its {self._step_timeout_s:g} s")
        if self._sequence is not None and now >= self._sequence:
            return SequenceTimeout(f"it was running when the sequence's {self._sequence_timeout_s:g} s were over")
        return None

    def _arm(self) -> None:
        nearest = self._nearest()
        self._announce(nearest)
        if nearest is not None:
            signal.setitimer(signal.ITIMER_REAL, max(nearest - time.monotonic(), 1e-6), REPEAT_S)

    def _nearest(self) -> float | None:
        if self._step is None or self._sequence is None:
            return self._sequence if self._step is None else self._step
        return min(self._step, self._sequence)

    def _announce(self, at: float | None) -> None:
        if at != self._announced:
            self._announced = at
            self._host.announce_deadline(at)
