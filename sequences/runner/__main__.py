"""`python -m sequences.runner [--drivers A,B] [PATH…] FD`: started by a guard, at the other end of the socket FD.

`--drivers` are classes beside ours that may be loaded; PATH, the drivers of the slot, are loaded now.

An emergency stop may be waiting for this process to make its slot safe. So it imports the drivers first, and the
engine (40 ms) once it is ready for that.
"""

from __future__ import annotations

import ctypes
import faulthandler
import importlib
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from sequences.runner.looking import Look
from stations.drivers.loading import warm_up
from stations.drivers.safe_state import make_safe

# A guard that needs a safe state asks for it at once when it hears that we are ready.
ORDER_EXPECTED_S = 0.005
_PR_SET_PDEATHSIG = 1
_LARGEST = 1 << 18


def main() -> int:
    *drivers, descriptor = sys.argv[1:]
    allowed = drivers[1].split(",") if drivers[:1] == ["--drivers"] else []
    guard = socket.socket(fileno=int(descriptor))
    guard.set_inheritable(False)
    prepare_to_die()
    warm_up(drivers[2:] if allowed else drivers, allowed)
    look = Look(guard, allowed)
    guard.send(b"r")
    while message := next_order(guard):
        order = json.loads(message)
        if order["do"] == "probe":
            look.begin(order)
            continue
        look.end()
        if order["do"] == "run":
            order["job"]["drivers"] = allowed
            return int(load_engine().run(guard, order))
        settings, budget_s, check_first = order["instruments"], order["budget_s"], order["check_first"]
        proof = make_safe(settings, budget_s, check_first=check_first, allowed=allowed)
        guard.send(b"s" + json.dumps(proof).encode())
    return 0


def prepare_to_die() -> None:
    """The kernel tells us when the guard dies; while parked that ends us. Short of memory, it takes us first."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # a stop that arrives before the run waits in the mailbox
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
    faulthandler.enable()  # a crash in a C library leaves its traceback in the story


def next_order(guard: socket.socket) -> bytes:
    """Wait for the guard, and load the engine as soon as it has nothing more urgent. Empty when it is gone."""
    if not select.select([guard], [], [], ORDER_EXPECTED_S)[0]:
        load_engine()
    return guard.recv(_LARGEST)


def load_engine() -> ModuleType:
    return importlib.import_module("sequences.runner.one_run")


if __name__ == "__main__":
    os._exit(main())  # at once: no thread of a driver, no clean-up of a library may delay the end
