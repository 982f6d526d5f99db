"""`python -m sequences.runner FD`: started by a guard, which is at the other end of the socket FD."""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import signal
import socket
import sys
import traceback
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sequences.executor import GuardLost, execute
from sequences.runner.guarded_host import GuardedHost
from sequences.runner.output import OutputCapture
from sequences.runner.spool import Spool
from stations.contracts import Job, Verdict
from stations.drivers.loading import warm_up
from stations.drivers.safe_state import make_safe

# The time in which a runner without a guard tries to switch its slot off.
LAST_BUDGET_S = 1.0
GUARD_LOST = 4  # exit code
_PR_SET_PDEATHSIG = 1
_LARGEST = 1 << 18


def main() -> int:
    guard = socket.socket(fileno=int(sys.argv[1]))
    guard.set_inheritable(False)
    prepare_to_die()
    warm_up()
    guard.send(b"r")
    while message := guard.recv(_LARGEST):
        order = json.loads(message)
        if order["do"] == "run":
            return run(guard, order)
        proof = make_safe(order["instruments"], order["budget_s"], check_first=order["check_first"])
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


def run(guard: socket.socket, order: dict[str, Any]) -> int:
    """Execute one job and hand its verdict to the guard. Returns the exit code."""
    job: Job = order["job"]
    with closing(Spool(Path(order["spool"]), job["spool_limit"], Path(order["bell"]))) as spool:
        try:
            host = GuardedHost(guard, spool)
            output = OutputCapture(host)
            verdict = execute(job, host)
            output.finish()
            hand_over(guard, verdict)
        except GuardLost:
            return switch_off(job, spool)
        except Exception as error:
            with suppress(OSError):
                spool.emit("error", **_engine_error(error))
            return 1
    return 0


def hand_over(guard: socket.socket, verdict: Verdict) -> None:
    try:
        guard.send(b"v" + json.dumps(verdict, ensure_ascii=False).encode())
    except OSError:
        raise GuardLost from None


def switch_off(job: Job, spool: Spool) -> int:
    """Nobody guards the slot any more: the engine has let go of the instruments, bring them into their safe state."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    proof = make_safe(job.get("instruments", {}), LAST_BUDGET_S)
    with suppress(OSError):
        spool.emit("safe_state", **proof, by="runner")
    return GUARD_LOST


def _engine_error(error: Exception) -> dict[str, Any]:
    return {
        "step": None,
        "attempt": None,
        "category": "engine",
        "exception": type(error).__name__,
        "message": str(error),
        "traceback": traceback.format_exc(),
    }


if __name__ == "__main__":
    os._exit(main())  # at once: no thread of a driver, no clean-up of a library may delay the end
