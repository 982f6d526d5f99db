"""Clearing a safe state that was not confirmed: an engineer's word, and a fresh confirmation by the instruments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from control.journal.append import Entry, alert
from control.journal.kinds import Kind
from control.lifecycle.actor import Actor
from control.lifecycle.control_events import record_control_event, told
from control.lifecycle.safety.scopes import ALL, rows_in, slots_here
from control.models import ControlEvent
from stations.contracts import GuardStatus, Unsafe
from stations.models import Slot
from stations.safety.unsafe_mark import unsafe_marks


def unsafe_slots(scope: str) -> dict[str, Unsafe]:
    """The marks of a scope: those of this host from its files, those of other hosts from their rows."""
    here = set(slots_here(scope))
    marked = Slot.objects.filter(rows_in(scope, slot="pk"), unsafe__isnull=False)
    elsewhere = {slot.pk: slot.unsafe for slot in marked if slot.pk not in here}
    return dict(sorted({**elsewhere, **unsafe_marks(settings.STATION_PATHS, here)}.items()))


def record_clearing(scope: str, marks: Mapping[str, Unsafe], *, by: Actor, reason: str) -> ControlEvent:
    """Write down who wants which marks cleared, before any guard hears of it: hardware may be energised again."""
    here = sorted(marks.keys() & set(slots_here(scope)))  # whoever asks tells these guards, and nobody else has to
    kind = ControlEvent.Kind.CLEAR_UNSAFE
    return record_control_event(kind, by=by, reason=reason, scope=scope, before=dict(marks), details={"here": here})


def conclude_clearing(event: ControlEvent, answers: Mapping[str, GuardStatus | str]) -> None:
    """Write down what the guards made of it.

    Effects, in order: the control event, the slots' rows, an alert for every slot.
    """
    cleared = {slot: is_cleared(answer) for slot, answer in answers.items()}
    now = timezone.now()
    with transaction.atomic():
        event = ControlEvent.objects.select_for_update().get(pk=event.pk)
        event.after |= {
            slot: {"cleared": cleared[slot], "proof": None if isinstance(answer, str) else answer["proof"]}
            for slot, answer in answers.items()
        }
        event.delivered_at = event.delivered_at or now
        event.obeyed_at = now if all(cleared.values()) else None
        event.save(update_fields=["after", "delivered_at", "obeyed_at"])
        Slot.objects.filter(pk__in=[slot for slot, done in cleared.items() if done]).update(unsafe=None)
        alert([_entry(event, slot, done=done) for slot, done in sorted(cleared.items())])


def is_cleared(answer: GuardStatus | str) -> bool:
    return not isinstance(answer, str) and answer["unsafe"] is None


def _entry(event: ControlEvent, slot: str, *, done: bool) -> Entry:
    if done:
        message, level = f"{slot} cleared by {event.by}: {event.reason}", "INFO"
    else:
        message, level = f"{slot} could not be cleared for {event.by}: its safe state is still not confirmed", "ERROR"
    return Entry(Kind.CONTROL, message, level, data={"slot": slot, **told(event)})


def wanted_clearing(slot: Slot, mark: Unsafe) -> ControlEvent | None:
    """The newest wish to clear this very mark that its guard has not answered yet: somebody asked on another host."""
    scopes = [slot.pk, slot.station_id, ALL]
    wishes = ControlEvent.objects.filter(kind=ControlEvent.Kind.CLEAR_UNSAFE, scope__in=scopes)
    newest = wishes.filter(requested_at__gt=datetime.fromtimestamp(mark["since"], UTC)).order_by("-pk").first()
    if newest is None or slot.pk in newest.after or slot.pk in newest.details["here"]:
        return None
    return newest if slot.pk in newest.before else None
