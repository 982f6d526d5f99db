"""The emergency stop and its reset, without a database: straight to the guards, and past one that does not answer."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress

from stations.contracts import GuardStatus, Latch
from stations.paths import StationPaths
from stations.safety.client import Caller, call
from stations.safety.durable import read_json
from stations.safety.latch import latch_slot, release_slot
from stations.safety.processes import ProcessMark

# What is answered for a guard that does not: whole sentences, so that those above can say them in another language.
NO_GUARD = "no guard runs; the slot is latched, whether its outputs are off is not known"
KILLED = "the guard did not answer and was killed; the slot is latched, whether its outputs are off is not known"
UNPROVEN = "accepted, but no proof of the safe state in time"
RELEASED = "no guard answers; the latch is gone"
STILL_LATCHED = "no guard answers; another latch holds"

ACCEPT_S = 0.2
ASK_AGAIN_S = 0.05
BUDGET_S = 3.0


def stop_slots(
    paths: StationPaths, slots: Iterable[str], latch: Latch, budget_s: float = BUDGET_S
) -> dict[str, GuardStatus | str]:
    """Stop all these slots now, latch them, and collect the proofs of their safe state within `budget_s` seconds.

    A slot's answer is the status of its guard, whose `safe` tells whether the outputs are known to be off, or a
    sentence about what is not known. A guard that has not accepted within 0.2 s is killed: its runner then switches
    off by itself, and the warden's new guard makes safe before anything else. Each slot is latched in any case.
    """
    with Caller(paths) as caller:
        return _Stop(caller, list(slots), latch).carry_out(budget_s)


def reset_slots(paths: StationPaths, slots: Iterable[str], latch_id: str | None = None) -> dict[str, GuardStatus | str]:
    """Take the latches away, of one emergency stop or (None) all. Where no guard runs, the file goes all the same."""
    answers: dict[str, GuardStatus | str] = {}
    for slot in slots:
        answer = call(paths, slot, {"op": "reset", "latch": latch_id})
        if answer is None:
            released = release_slot(paths, slot, latch_id)
            answers[slot] = RELEASED if released else STILL_LATCHED
        else:
            answers[slot] = answer
    return answers


class _Stop:
    """One emergency stop on its way to several guards."""

    def __init__(self, caller: Caller, slots: list[str], latch: Latch) -> None:
        self.caller, self.paths = caller, caller.paths
        self.latch = latch
        self.open = set(slots)  # no proof yet
        self.accepted: dict[str, int] = {}  # the guard that has accepted
        self.killed: dict[str, str] = {}
        self.answers: dict[str, GuardStatus | str] = {}

    def carry_out(self, budget_s: float) -> dict[str, GuardStatus | str]:
        begun = time.monotonic()
        for slot in self.open:
            self.caller.send(slot, {"op": "emergency", "latch": self.latch})
        while self.open - self.accepted.keys() and time.monotonic() < begun + ACCEPT_S:
            self._hear(begun + ACCEPT_S - time.monotonic())
        for slot in self.open - self.accepted.keys():
            self._go_past(slot)
        while self.open and time.monotonic() < begun + budget_s:
            for slot in self.open & self.killed.keys():
                self.caller.send(slot, {"op": "status"})
            self._hear(ASK_AGAIN_S)
        for slot in self.open:
            with suppress(OSError):
                latch_slot(self.paths, slot, self.latch)  # a guard that accepted may have died before it latched
        self.answers |= {slot: self.killed.get(slot, UNPROVEN) for slot in self.open}
        return self.answers

    def _hear(self, timeout_s: float) -> None:
        status = self.caller.receive(max(0.0, timeout_s))
        if status is None or status["slot"] not in self.open:
            return
        slot = status["slot"]
        if status.get("answer") == "accepted":
            self.accepted[slot] = status["pid"]
        elif status["safe"] is not None and (slot in self.accepted or slot in self.killed):
            self.answers[slot] = status
            self.open.discard(slot)

    def _go_past(self, slot: str) -> None:
        """No guard, or one that hangs: latch for it, and end it, so that everything behind it switches off."""
        with suppress(OSError):
            latch_slot(self.paths, slot, self.latch)
        guard = ProcessMark.load((read_json(self.paths.slot(slot).state) or {}).get("guard"))
        self.killed[slot] = KILLED if guard and guard.kill() else NO_GUARD
