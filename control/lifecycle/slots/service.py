"""Whether a slot takes work: people take it out of service and put it back, and so does the health of its instruments.

A slot is in service when the station file names it, nobody has taken it out, and the health check finds nothing wrong.
What one of the three says stays, whatever the other two say.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.journal.append import Entry, alert
from control.journal.kinds import Kind
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event, told
from control.lifecycle.doorbell import ring_slot
from control.lifecycle.refusals import BadValue, NotFound, WrongState, can_be_kept, check_text
from control.models import ControlEvent
from sequences.wording import quoted
from stations.models import Slot

NEEDS_REASON = gettext_noop("Say why: whoever wants to use the slot is told.")

HEALTH_CHECK = Actor("health check", ControlEvent.Face.SYSTEM)
OUT, BACK = ControlEvent.Kind.SLOT_OUT_OF_SERVICE, ControlEvent.Kind.SLOT_IN_SERVICE


def take_out_of_service(name: str, *, by: Actor, reason: str) -> Slot:
    """Let nothing new start in a slot or lane; a running batch goes on, and what waits goes on waiting.

    Effects, in order: its row, a ControlEvent, an alert; none of them when somebody has taken it out already. Raises
    NotFound, BadValue without a reason.
    """
    check_text("reason", reason, LONGEST_REASON)
    if reason.strip() in ("", USER_REQUEST):
        raise BadValue(_(NEEDS_REASON), field="reason")
    with transaction.atomic():
        slot = _locked(name)
        if slot.taken_out is None:
            taken_out = {"by": by.name, "face": by.face, "reason": reason, "at": time.time()}
            message = f"Slot {slot.pk} was taken out of service by {by.name}: {reason}"
            return _change(slot, {"taken_out": taken_out}, OUT, by=by, reason=reason, message=message, level="WARNING")
    return slot


def put_into_service(name: str, *, by: Actor, reason: str = USER_REQUEST) -> Slot:
    """Let a slot or lane take work again, as soon as its instruments are well.

    Effects, in order: its row, a ControlEvent, an alert, a bell for what waits; none of them when nobody has taken it
    out. Raises NotFound, WrongState for a slot that the station file no longer names.
    """
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        slot = _locked(name)
        if not slot.in_file:
            raise WrongState(_not_in_file(slot))
        if slot.taken_out is not None:
            message = f"Slot {slot.pk} was put back into service by {by.name}: {reason}"
            return _change(slot, {"taken_out": None}, BACK, by=by, reason=reason, message=message)
    return slot


def judge_health(name: str, problems: Mapping[str, str]) -> Slot:
    """Note what is wrong with a slot's instruments, by their names; nothing, and it is well again by itself.

    Effects, in order: its row; where that takes the slot out of service or brings it back, also a ControlEvent, an
    alert, and a bell for what waits.
    """
    with transaction.atomic():
        slot = _locked(name)
        known = slot.health_problem["instruments"] if slot.health_problem else {}
        if dict(problems) == known:
            return slot
        since = slot.health_problem["at"] if slot.health_problem else time.time()
        columns = {"health_problem": {"instruments": dict(problems), "at": since} if problems else None}
        if bool(problems) == bool(known) or slot.taken_out is not None or not slot.in_file:
            Slot.objects.filter(pk=slot.pk).update(**columns)
            slot.refresh_from_db()
            return slot
        if problems:
            why = "; ".join(problems.values())
            message = f"Slot {slot.pk} is out of service, as the health check found: {why}"
            kept = why[:LONGEST_REASON]
            return _change(slot, columns, OUT, by=HEALTH_CHECK, reason=kept, message=message, level="ERROR")
        why = "its instruments answer as expected"
        message = f"Slot {slot.pk} is back in service: {why}."
        return _change(slot, columns, BACK, by=HEALTH_CHECK, reason=why, message=message)


def comes_back_by_itself(slot: Slot) -> bool:
    """Whether nothing but the health check keeps a slot from taking work, so that it is worth waiting."""
    return slot.in_file and slot.taken_out is None


def why_out_of_service(slot: Slot) -> str:
    """Who or what keeps a slot from taking work, a sentence; empty when nothing does."""
    if not slot.in_file:
        return _not_in_file(slot)
    if slot.taken_out is not None:
        return _("Slot %(slot)s is out of service (%(by)s: %(reason)s).") % {"slot": slot.pk, **slot.taken_out}
    if slot.health_problem is not None:
        names = ", ".join(sorted(slot.health_problem["instruments"]))
        sentence = _("Slot %(slot)s is out of service until its instruments are well again: %(instruments)s.")
        return sentence % {"slot": slot.pk, "instruments": names}
    return ""


def _not_in_file(slot: Slot) -> str:
    return _("Slot %(slot)s is out of service: the station file does not name it any more.") % {"slot": slot.pk}


def _locked(name: str) -> Slot:
    found = Slot.objects.select_for_update().filter(pk=name).first() if can_be_kept(name) else None
    if found is None:
        raise NotFound(_("There is no slot '%(name)s'.") % {"name": quoted(name)})
    return found


def _change(
    slot: Slot,
    columns: dict[str, Any],
    kind: ControlEvent.Kind,
    *,
    by: Actor,
    reason: str,
    message: str,
    level: str = "INFO",
) -> Slot:
    before = _service(slot)
    Slot.objects.filter(pk=slot.pk).update(**columns)
    slot.refresh_from_db()
    changes = {"before": before, "after": _service(slot)}
    event = record_control_event(kind, by=by, reason=reason, at_once=True, scope=slot.pk, **changes)
    alert([Entry(Kind.CONTROL, message, level, at=event.requested_at, data=told(event))])
    if slot.in_service:
        ring_slot(slot)
    return slot


def _service(slot: Slot) -> dict[str, Any]:
    return {"in_service": slot.in_service, "taken_out": slot.taken_out, "health_problem": slot.health_problem}
