"""The task that django-q2 calls. It carries the name of a slot, never work."""

from __future__ import annotations

from control.worker.supervisor import take_up


def tend(slot_id: str) -> int:
    """Run what waits for a slot, one batch after the other; return how many were brought to their end."""
    ended = 0
    while (supervisor := take_up(slot_id)) is not None and supervisor.run():
        ended += 1
    return ended
