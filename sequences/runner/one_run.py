"""One run, from its job to its verdict, and what is left to do when nobody guards it any more."""

from __future__ import annotations

import json
import socket
import traceback
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sequences.executor import GuardLost, execute
from sequences.runner.guarded_host import GuardedHost, guard_lost
from sequences.runner.output import OutputCapture
from sequences.runner.process_limits import limit_process
from sequences.runner.spool import Spool
from stations.contracts import Job, Verdict
from stations.drivers.safe_state import make_safe

# The time in which a runner without a guard tries to switch its slot off, before the warden ends what is left of it.
LAST_BUDGET_S = 0.8
GUARD_LOST = 4  # exit code


def run(guard: socket.socket, order: dict[str, Any]) -> int:
    """Execute one job and hand its verdict to the guard. Returns the exit code."""
    job: Job = order["job"]
    with closing(Spool(Path(order["spool"]), job["spool_limit"], Path(order["bell"]))) as spool:
        try:
            host = GuardedHost(guard, spool)
            output = OutputCapture(host, job["resources"].get("output_mb"))
            limit_process(job)
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
        raise guard_lost() from None


def switch_off(job: Job, spool: Spool) -> int:
    """Nobody guards the slot any more: the engine has let go of the instruments, bring them into their safe state."""
    proof = make_safe(job.get("instruments", {}), LAST_BUDGET_S, allowed=job.get("drivers", ()))
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
