"""Pressing the emergency stop, and lifting it: the guards first and without a database, the record afterwards."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import Error, connection, connections
from django.utils.translation import gettext as _

from control.lifecycle.actor import USER_REQUEST, Actor
from control.lifecycle.doorbell import ring_safety
from control.lifecycle.finding import find_batch
from control.lifecycle.refusals import NotAllowed, WrongState
from control.lifecycle.safety.clearing import conclude_clearing, record_clearing, unsafe_slots
from control.lifecycle.safety.emergency import (
    abort_waiting_batch,
    check_reset_reason,
    new_latch,
    record_emergency_stop,
    record_reset,
)
from control.lifecycle.safety.guards_said import all_safe
from control.lifecycle.safety.scopes import find_scope, rows_in, slots_here
from control.lifecycle.slots.leases import check_not_held
from control.models import Batch
from control.states import TERMINAL, State
from stations.contracts import GuardStatus, Latch, Unsafe
from stations.models import Slot
from stations.safety import emergency
from stations.safety.latch import latches
from stations.safety.on_demand import clear_slots

# How long whoever pressed waits for the record. Where no guard knows of the stop yet, the record is the way to them.
RECORD_WAIT_S, REACHING_WAIT_S = 1.0, 10.0


@dataclass(frozen=True)
class Pressed:
    """What this host's guards answered."""

    latch: Latch
    answers: dict[str, GuardStatus | str]
    user: AbstractBaseUser | None = None

    @property
    def confirmed(self) -> bool:
        """Every slot's outputs are known to be off."""
        return all_safe(self.answers)

    def record(self) -> bool:
        """Write it down; False when the database is away. The housekeeping then does it as soon as it is back."""
        try:
            record_emergency_stop(self.latch, delivered=bool(self.answers), user=self.user)
            ring_safety()
        except Error:
            return False
        return True

    def record_soon(self) -> bool:
        """As `record`, but for somebody who waits for an answer: no lock and no silent server holds them up for long.

        False also when it takes longer; it is then written down as soon as the database lets it.
        """
        if connection.in_atomic_block:  # the caller's own locks would be waited for
            return self.record()
        done: list[bool] = []
        writer = threading.Thread(target=self._record_beside, args=(done,), name="emergency-record", daemon=True)
        writer.start()
        writer.join(RECORD_WAIT_S if self.answers else REACHING_WAIT_S)
        return done == [True]

    def _record_beside(self, done: list[bool]) -> None:
        """The body of a thread, with a connection of its own."""
        try:
            done.append(self.record())
        finally:
            connections.close_all()


def press_emergency_stop(scope: str, *, by: Actor, reason: str = USER_REQUEST) -> Pressed:
    """Stop everything in a scope ("demo/slot-1", "demo" or "all") and latch it. Never refused, asks nobody.

    Reaches the guards of this host directly; call `record` on the answer, which also reaches those of other hosts.
    """
    latch = new_latch(scope, by=by, reason=reason or USER_REQUEST)
    answers = emergency.stop_slots(settings.STATION_PATHS, slots_here(scope), latch)
    return Pressed(latch, answers, by.user)


@dataclass(frozen=True)
class StoppedBatch:
    """A batch after its emergency stop. Not `pressed`: it waited for any lane, so no guard was asked."""

    batch: Batch
    pressed: Pressed | None = None
    recorded: bool = True


def emergency_stop_batch(batch_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> StoppedBatch:
    """Stop and latch the slot on which a batch runs or for which it waits. Raises NotFound or WrongState.

    A batch that waits for any lane has nothing switched on: it ends ABORTED, and nothing is latched.
    """
    batch = find_batch(batch_id)
    if batch.state in TERMINAL:
        raise WrongState(_why_over(batch))
    if batch.slot_id is not None:
        pressed = press_emergency_stop(batch.slot_id, by=by, reason=reason)
        stopped = StoppedBatch(batch, pressed, pressed.record_soon())
    elif abort_waiting_batch(batch.pk, by=by, reason=reason or USER_REQUEST):
        stopped = StoppedBatch(batch)
    else:
        return emergency_stop_batch(batch_id, by=by, reason=reason)  # a lane has just taken it
    with suppress(Error):
        batch.refresh_from_db()
    return stopped


def _why_over(batch: Batch) -> str:
    sentence = _(
        "The batch has ended (%(state)s), there is nothing left to stop. If anything is still on, press the "
        "emergency stop of its slot or station."
    )
    return sentence % {"state": State(batch.state).label}


def reset(scope: str, *, by: Actor, reason: str, clears: bool = False) -> dict[str, GuardStatus | str]:
    """Lift the latches that a scope has now and, with `clears`, clear what did not confirm its safe state.

    Raises UnknownName; BadValue without a reason; NotAllowed when there is nothing but something to clear and `clears`
    is false: that takes an engineer; WrongState where a batch on another slot uses what clearing would switch off.
    Recorded first: hardware may be energised again. A stop that is pressed meanwhile stays, and one that nobody has
    recorded yet is recorded before. Clearing makes safe afresh: a slot that still does not confirm stays as it is.
    """
    scope = find_scope(scope)
    check_reset_reason(reason)
    held = latches(settings.STATION_PATHS, slots_here(scope))
    unsafe = unsafe_slots(scope)
    if unsafe and not clears and not held and not _latched_rows(scope):
        raise NotAllowed(_needs_engineer(unsafe))
    if clears:
        check_not_held(Slot.objects.filter(pk__in=unsafe))  # clearing switches them off
    for latch in {latch["id"]: latch for latch in held.values() if latch["id"]}.values():
        record_emergency_stop(latch, delivered=True)
    record_reset(scope, by=by, reason=reason)
    ring_safety()
    answers: dict[str, GuardStatus | str] = {}
    for slot in slots_here(scope):
        latch_id = held[slot]["id"] or None if slot in held else None
        answers |= emergency.reset_slots(settings.STATION_PATHS, [slot], latch_id)
    if unsafe and clears:
        answers |= _clear(scope, unsafe, by=by, reason=reason)
    return answers


def _latched_rows(scope: str) -> bool:
    return Slot.objects.filter(rows_in(scope, slot="pk"), latch__isnull=False).exists()


def _needs_engineer(unsafe: Collection[str]) -> str:
    sentence = _(
        "The safe state of %(slots)s was not confirmed. Only an engineer clears that, once the bench has been checked."
    )
    return sentence % {"slots": ", ".join(unsafe)}


def _clear(scope: str, unsafe: Mapping[str, Unsafe], *, by: Actor, reason: str) -> dict[str, GuardStatus | str]:
    """Slots of other hosts are cleared there, by their housekeeping."""
    event = record_clearing(scope, unsafe, by=by, reason=reason)
    answers = clear_slots(settings.STATION_PATHS, event.details["here"], str(event.pk))
    if answers:
        conclude_clearing(event, answers)
    ring_safety()
    return answers
