"""Blocks as real sequences do: in a sleep, a C library that never lets go, a loop, a slow read, before a person."""

from __future__ import annotations

import ctypes
import time

from sequences.authoring import Run, sequence, setup, step, teardown

# PyDLL keeps the interpreter to itself during the call, so that no signal handler of Python runs.
libc = ctypes.PyDLL(None)


class TimeSpec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


@sequence
class Interruptible:
    @setup
    def switch_on(self, run: Run) -> None:
        run.instruments.board.set("relay", True)
        run.instruments.supply.set("voltage", 5)
        run.instruments.supply.set("output", True)

    @step(repeat="times")
    def work(self, run: Run) -> None:
        run.measure("round", run.index)
        block(run)

    @step(repeat="hurried", timeout_s=1)
    def hurry(self, run: Run) -> None:
        block(run, patience_s=1)

    @step
    def judge(self, run: Run) -> None:
        if run.parameters.look:
            run.measure("rail", run.instruments.meter.read("rail_3v3"))
        run.measure("good", run.parameters.good)
        if run.parameters.broken:
            raise RuntimeError("broken as asked")

    @teardown(repeat="winding")
    def wind_down(self, run: Run) -> None:
        block(run)

    @teardown(repeat="hurried_down", timeout_s=1)
    def hurry_down(self, run: Run) -> None:
        block(run)

    @teardown
    def switch_off(self, run: Run) -> None:
        run.instruments.supply.set("output", False)
        run.instruments.board.set("relay", False)


def block(run: Run, patience_s: float | None = None) -> None:
    """`patience_s`: for how long a person is waited for."""
    until = time.time() + run.parameters.seconds
    if run.parameters.way == "sleep":
        run.sleep(run.parameters.seconds)
    elif run.parameters.way == "deadlock":
        mutex = ctypes.create_string_buffer(64)
        libc.pthread_mutex_lock(mutex)
        libc.pthread_mutex_timedlock(mutex, ctypes.byref(TimeSpec(int(until) + 1, 0)))
    elif run.parameters.way == "prompt":
        run.confirm("Go on?", timeout_s=patience_s)
    elif run.parameters.way == "loop":
        while time.time() < until:
            pass
    else:
        while time.time() < until:
            run.instruments.meter.read("rail_3v3")
