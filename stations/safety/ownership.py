"""A slot belongs to one guard. The runners inherit its file lock, so it is free only when all of them are gone."""

from __future__ import annotations

import fcntl
import os
import time

from stations.paths import SlotPaths
from stations.safety.durable import read_json
from stations.safety.processes import ProcessMark

# A guard that has lost its warden needs this long at most to make its slot safe.
PATIENCE_S = 3.0


class SlotTaken(Exception):
    """Somebody else owns the slot and does not let go."""


def claim_slot(files: SlotPaths) -> int:
    """Take the slot's lock, and return it, once everything a former guard left has ended or been killed.

    A former guard that still lives may finish what it does; its orphaned runner is killed at once. Raises SlotTaken.
    """
    lock = os.open(files.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    until = time.monotonic() + PATIENCE_S
    while True:
        left = read_json(files.state) or {}
        guard, runner = ProcessMark.load(left.get("guard")), ProcessMark.load(left.get("runner"))
        if runner and not (guard and guard.lives()):
            runner.kill_group()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                if not (guard and guard.kill()):
                    raise SlotTaken(f"{files.lock} is held by a process that no guard has started") from None
                until += PATIENCE_S
            time.sleep(0.005)
        else:
            return lock
