"""Making slots safe on demand: what is idle is switched off and proven now. It never asks, and starts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event
from control.lifecycle.refusals import WrongState, check_text
from control.lifecycle.safety.scopes import find_scope, slots_here
from control.lifecycle.slots.leases import check_not_held
from control.models import Batch, ControlEvent
from control.states import ACTIVE
from stations.contracts import GuardStatus
from stations.models import Slot
from stations.safety.on_demand import make_slots_safe


@dataclass(frozen=True)
class MadeSafe:
    """What the guards answered, by slot."""

    event: ControlEvent
    answers: dict[str, GuardStatus | str]


def make_safe(scope: str, *, by: Actor, reason: str = USER_REQUEST) -> MadeSafe:
    """Bring every idle slot of a scope on this host into its safe state, and prove it.

    Raises UnknownName; BadValue for a reason that cannot be kept; WrongState when a batch uses what would be switched
    off, and when no guard of the scope runs here. Effects, in order: a ControlEvent, the outputs, the event's `after`.
    """
    scope = find_scope(scope)
    reason = check_text("reason", reason, LONGEST_REASON) or USER_REQUEST
    slots = slots_here(scope)
    if not slots:
        raise WrongState(
            _("No guard of %(scope)s runs on this host. Do this on its own host, or press its emergency stop.")
            % {"scope": scope}
        )
    _check_idle(slots)
    event = record_control_event(ControlEvent.Kind.MAKE_SAFE, by=by, reason=reason, scope=scope)
    answers = make_slots_safe(settings.STATION_PATHS, slots, str(event.pk))
    event.after = {slot: _kept(answer) for slot, answer in sorted(answers.items())}
    event.delivered_at = event.obeyed_at = timezone.now()
    event.save(update_fields=["after", "delivered_at", "obeyed_at"])
    return MadeSafe(event, answers)


def _check_idle(slots: list[str]) -> None:
    """Raises WrongState. The guards refuse a busy slot once more, in case a batch begins in this very moment."""
    running = Batch.objects.filter(slot__in=slots, state__in=ACTIVE).order_by("pk").first()
    if running is not None:
        sentence = _("%(name)s runs on %(slot)s. Stop it first, or press the emergency stop: that makes safe, too.")
        raise WrongState(sentence % {"name": running.name, "slot": running.slot_id})
    check_not_held(Slot.objects.filter(pk__in=slots))


def _kept(answer: GuardStatus | str) -> Mapping[str, object]:
    if isinstance(answer, str):
        return {"safe": None, "problem": answer}
    if answer.get("answer") == "busy":
        return {"safe": None, "problem": answer.get("why", "")}
    return {"safe": answer["safe"], "proof": answer["proof"]}
