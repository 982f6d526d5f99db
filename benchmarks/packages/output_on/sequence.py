"""An output that is on while the step sleeps or hangs."""

from __future__ import annotations

import ctypes

from sequences.authoring import Run, sequence, setup, step, teardown

HOLD_S = 60.0


@sequence
class OutputOn:
    @setup
    def switch_on(self, run: Run) -> None:
        run.instruments.supply.set("output", True)

    @step
    def hold(self, run: Run) -> None:
        if run.parameters.hold == "sleep":
            run.sleep(HOLD_S)
        if run.parameters.hold == "deadlock":
            dead_lock()

    @teardown
    def switch_off(self, run: Run) -> None:
        run.instruments.supply.set("output", False)


def dead_lock() -> None:
    """Wait in C for a lock that is never released, with Python's own lock held: no signal handler runs any more."""
    libc, mutex = ctypes.PyDLL(None), ctypes.create_string_buffer(64)
    libc.pthread_mutex_lock(mutex)
    libc.pthread_mutex_lock(mutex)
