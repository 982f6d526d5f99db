"""Making slots safe because somebody asks for it, and clearing what was not confirmed: straight to the guards."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from stations.contracts import GuardStatus
from stations.paths import StationPaths
from stations.safety.client import Caller
from stations.safety.emergency import UNPROVEN

# Whole sentences, so that those above can say them in another language.
NOBODY = "no guard answers; nothing was done"

ACCEPT_S = 1.0
# The largest budget of a safe state is five seconds, and a runner may have to start first.
BUDGET_S = 7.0


def make_slots_safe(paths: StationPaths, slots: Iterable[str], control: str) -> dict[str, GuardStatus | str]:
    """Bring idle slots into their safe state now. `control`: the control event that asks for it.

    A slot's answer is the status of its guard with `answer` "done" or, in the middle of a run, "busy"; or a sentence
    about what is not known.
    """
    return _ask_all(paths, slots, {"op": "make_safe", "control": control})


def clear_slots(paths: StationPaths, slots: Iterable[str], control: str) -> dict[str, GuardStatus | str]:
    """Make slots safe afresh, and take the unsafe marks of those away that confirm it. Answers as above.

    A slot whose status still has its mark was not confirmed, or is busy.
    """
    return _ask_all(paths, slots, {"op": "clear", "control": control})


def _ask_all(paths: StationPaths, slots: Iterable[str], message: dict[str, Any]) -> dict[str, GuardStatus | str]:
    begun = time.monotonic()
    with Caller(paths) as caller:
        answers: dict[str, GuardStatus | str] = {slot: NOBODY for slot in slots}
        waiting = {slot for slot in answers if caller.send(slot, message)}
        accepted: set[str] = set()
        while waiting and time.monotonic() < begun + (BUDGET_S if accepted == waiting else ACCEPT_S):
            status = caller.receive(begun + (BUDGET_S if accepted == waiting else ACCEPT_S) - time.monotonic())
            if status is None or status["slot"] not in waiting:
                continue
            slot = status["slot"]
            if status.get("answer") == "accepted":
                accepted.add(slot)
                answers[slot] = UNPROVEN
            else:
                waiting.discard(slot)
                accepted.discard(slot)
                answers[slot] = status
    return answers
