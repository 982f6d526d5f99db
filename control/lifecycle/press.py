"""Pressing the emergency stop, and lifting it: the guards first and without a database, the record afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import Error

from control.lifecycle.actor import USER_REQUEST, Actor
from control.lifecycle.doorbell import ring_safety
from control.lifecycle.emergency import ALL, new_latch, record_emergency_stop, record_reset
from stations.contracts import GuardStatus, Latch
from stations.safety import client, emergency
from stations.safety.latch import latches


@dataclass(frozen=True)
class Pressed:
    """What this host's guards answered."""

    latch: Latch
    answers: dict[str, GuardStatus | str]
    user: AbstractBaseUser | None = None

    @property
    def confirmed(self) -> bool:
        return bool(self.answers) and all(_is_safe(answer) for answer in self.answers.values())

    def lines(self) -> list[str]:
        """One sentence per slot for whoever pressed."""
        return [f"{slot}: {_sentence(answer)}" for slot, answer in sorted(self.answers.items())]

    def record(self) -> bool:
        """Write it down; False when the database is away. The housekeeping then does it as soon as it is back."""
        try:
            record_emergency_stop(self.latch, delivered=bool(self.answers), user=self.user)
            ring_safety()
        except Error:
            return False
        return True


def press_emergency_stop(scope: str, *, by: Actor, reason: str = USER_REQUEST) -> Pressed:
    """Stop everything in a scope ("demo/slot-1", "demo" or "all") and latch it. Never refused, asks nobody.

    Reaches the guards of this host directly; call `record` on the answer, which also reaches those of other hosts.
    """
    latch = new_latch(scope, by=by, reason=reason or USER_REQUEST)
    answers = emergency.stop_slots(settings.STATION_PATHS, slots_here(scope), latch)
    return Pressed(latch, answers, by.user)


def reset(scope: str, *, by: Actor, reason: str) -> dict[str, GuardStatus | str]:
    """Lift the latches that a scope has now. Recorded first: hardware may be energised again. Raises BadValue.

    Starts nothing. A stop that is pressed meanwhile stays, and one that nobody has recorded yet is recorded before.
    """
    held = latches(settings.STATION_PATHS, slots_here(scope))
    for latch in {latch["id"]: latch for latch in held.values() if latch["id"]}.values():
        record_emergency_stop(latch, delivered=True)
    record_reset(scope, by=by, reason=reason)
    ring_safety()
    answers: dict[str, GuardStatus | str] = {}
    for slot in slots_here(scope):
        latch_id = held[slot]["id"] or None if slot in held else None
        answers |= emergency.reset_slots(settings.STATION_PATHS, [slot], latch_id)
    return answers


def slots_here(scope: str) -> list[str]:
    """Return the slots of a scope that have their guards on this host. Needs no database."""
    known = client.slots_known(settings.STATION_PATHS)
    return [slot for slot in known if scope in (ALL, slot, slot.partition("/")[0])]


def _is_safe(answer: GuardStatus | str) -> bool:
    return not isinstance(answer, str) and answer["safe"] is True


def _sentence(answer: GuardStatus | str) -> str:
    if isinstance(answer, str):
        return f"NOT CONFIRMED: {answer}"
    if answer["safe"]:
        names = ", ".join((answer["proof"] or {"instruments": {}})["instruments"])
        return f"safe state confirmed ({names})" if names else "stopped"
    proofs = (answer["proof"] or {"instruments": {}})["instruments"]
    problems = [f"{name}: {proof['error']}" for name, proof in proofs.items() if not proof["confirmed"]]
    return "SAFE STATE NOT CONFIRMED: " + ("; ".join(problems) or "no proof yet")
