"""Pressing the emergency stop, and lifting it: the guards first and without a database, the record afterwards."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import Error
from django.utils.translation import gettext as _

from control.lifecycle.actor import USER_REQUEST, Actor
from control.lifecycle.doorbell import ring_safety
from control.lifecycle.emergency import ALL, abort_waiting_batch, new_latch, record_emergency_stop, record_reset
from control.lifecycle.guards_said import say
from control.lifecycle.refusals import NotFound, WrongState
from control.lifecycle.short_waits import short_waits
from control.models import Batch
from control.states import TERMINAL, State
from stations.contracts import GuardStatus, Latch
from stations.safety import client, emergency
from stations.safety.latch import latches

RECORD_WAIT_S = 1.0


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
        return [f"{slot}: {sentence}" for slot, _confirmed, sentence in self.slots()]

    def slots(self) -> list[tuple[str, bool, str]]:
        """Each slot, whether its outputs are known to be off, and a sentence."""
        return [(slot, _is_safe(answer), _sentence(answer)) for slot, answer in sorted(self.answers.items())]

    def record(self) -> bool:
        """Write it down; False when the database is away. The housekeeping then does it as soon as it is back."""
        try:
            record_emergency_stop(self.latch, delivered=bool(self.answers), user=self.user)
            ring_safety()
        except Error:
            return False
        return True

    def record_soon(self) -> bool:
        """As `record`, but for somebody who waits for an answer: where guards know, no lock is waited for long.

        A stop that reached no guard yet reaches them by its record alone, which is then worth the usual wait.
        """
        try:
            with short_waits(RECORD_WAIT_S) if self.answers else nullcontext():
                return self.record()
        except Error:
            return False


def press_emergency_stop(scope: str, *, by: Actor, reason: str = USER_REQUEST) -> Pressed:
    """Stop everything in a scope ("demo/slot-1", "demo" or "all") and latch it. Never refused, asks nobody.

    Reaches the guards of this host directly; call `record` on the answer, which also reaches those of other hosts.
    """
    latch = new_latch(scope, by=by, reason=reason or USER_REQUEST)
    answers = emergency.stop_slots(settings.STATION_PATHS, slots_here(scope), latch)
    return Pressed(latch, answers, by.user)


def emergency_stop_batch(batch_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Stop and latch the slot on which a batch runs or for which it waits. Raises NotFound or WrongState.

    A batch that waits for any lane has nothing switched on: it ends ABORTED, and nothing is latched.
    """
    batch = Batch.objects.filter(pk=batch_id).first()
    if batch is None:
        raise NotFound(_("There is no batch %(id)s.") % {"id": batch_id})
    if batch.state in TERMINAL:
        raise WrongState(_why_over(batch))
    if batch.slot_id is not None:
        press_emergency_stop(batch.slot_id, by=by, reason=reason).record_soon()
    elif not abort_waiting_batch(batch.pk, by=by, reason=reason or USER_REQUEST):
        return emergency_stop_batch(batch_id, by=by, reason=reason)  # a lane has just taken it
    with suppress(Error):
        batch.refresh_from_db()
    return batch


def _why_over(batch: Batch) -> str:
    sentence = _(
        "The batch has ended (%(state)s), there is nothing left to stop. If anything is still on, press the "
        "emergency stop of its slot or station."
    )
    return sentence % {"state": State(batch.state).label}


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
        return _("NOT CONFIRMED: %(problem)s") % {"problem": say(answer)}
    if answer["safe"]:
        names = ", ".join((answer["proof"] or {"instruments": {}})["instruments"])
        return _("safe state confirmed (%(instruments)s)") % {"instruments": names} if names else _("stopped")
    proofs = (answer["proof"] or {"instruments": {}})["instruments"]
    problems = [f"{name}: {proof['error']}" for name, proof in proofs.items() if not proof["confirmed"]]
    problem = "; ".join(problems) or _("no proof yet")
    return _("SAFE STATE NOT CONFIRMED: %(problem)s") % {"problem": problem}
