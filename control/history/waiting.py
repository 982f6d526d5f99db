"""Everything that waits: for each slot, and for the lanes of each station, in the order in which it will be taken."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import Now, RowNumber
from django.utils.translation import gettext as _

from control.history.facts import PROVENANCE, Facts, iso, work_facts
from control.lifecycle.queue_order import best_first, turn_of
from control.lifecycle.slots.leases import Holder, holders_by_slot, why_neighbour_unsafe
from control.lifecycle.slots.limits import DATASETS, Usage, usage_of, why_held
from control.lifecycle.slots.service import why_out_of_service
from control.metrics.eta import times_left
from control.models import Batch
from control.states import ACTIVE, State
from stations.models import Slot
from stations.provisioning import ALIVE_FOR

Left = Mapping[UUID, float | None]  # seconds until each batch ends
SHOWN = 100  # of each line
UNSHOWN = (*PROVENANCE, "result", "error", "items_options")


@dataclass
class Line:
    """What waits for one slot, or for any lane of a station, and what runs there."""

    station: str
    kind: Slot.Kind
    places: list[Slot] = field(default_factory=list)
    running: list[Batch] = field(default_factory=list)
    waiting: list[Batch] = field(default_factory=list)
    total: int = 0


def read_queue(now: datetime) -> list[Facts]:
    """Each line in which something waits, by station, slots first; in a fixed number of queries.

    Of a line with more than `SHOWN` batches only the first ones are told; `total` counts all.
    """
    waiting = list(_waiting())
    if not waiting:
        return []
    slots = list(_slots({batch.station_id for batch in waiting}))
    running = list(Batch.objects.filter(state__in=ACTIVE, slot__in=slots).defer(*UNSHOWN).order_by("pk"))
    held = holders_by_slot([slot for slot in slots if slot.kind == Slot.Kind.SLOT], running)
    usages = usage_of({batch.station_id for batch in waiting})
    left = times_left(running, now)
    return [_line_facts(line, slots, held, usages[line.station], left, now) for line in _lines(waiting, slots, running)]


def _waiting() -> QuerySet[Batch]:
    """The first of every slot's, and of those that wait for any lane of a station."""
    place = Window(RowNumber(), partition_by=[F("station"), F("slot")], order_by=_order())
    rows = Batch.objects.filter(state=State.QUEUED).annotate(row=place).filter(row__lte=SHOWN)
    return rows.select_related("slot", *DATASETS).defer(*UNSHOWN).order_by(*best_first())


def _order() -> list[object]:
    return [F(part) if isinstance(part, str) else part for part in best_first()]


def _slots(stations: Iterable[str]) -> QuerySet[Slot]:
    alive = Q(station__heartbeat_at__isnull=False) & Q(station__heartbeat_at__gt=Now() - ALIVE_FOR)
    return (
        Slot.objects.filter(station__in=stations)
        .annotate(alive=alive)
        .order_by("station", F("kind").desc(), "position")
    )


def _lines(waiting: Sequence[Batch], slots: Sequence[Slot], running: Sequence[Batch]) -> list[Line]:
    kinds = {slot.pk: slot for slot in slots}
    lines: dict[tuple[str, str], Line] = {}
    for slot in slots:
        lane = slot.kind == Slot.Kind.LANE
        key = (slot.station_id, "" if lane else slot.pk)
        lines.setdefault(key, Line(slot.station_id, Slot.Kind(slot.kind))).places.append(slot)

    def line_of(batch: Batch) -> Line:
        slot = kinds.get(batch.slot_id or "")
        key = "" if slot is None or slot.kind == Slot.Kind.LANE else slot.pk
        return lines.setdefault((batch.station_id, key), Line(batch.station_id, Slot.Kind.LANE))

    for batch in running:
        line_of(batch).running.append(batch)
    for batch in waiting:
        line_of(batch).waiting.append(batch)
    for row in (
        Batch.objects.filter(state=State.QUEUED).order_by().values("station", "slot").annotate(count=Count("pk"))
    ):
        slot = kinds.get(row["slot"] or "")
        key = "" if slot is None or slot.kind == Slot.Kind.LANE else slot.pk
        if (line := lines.get((row["station"], key))) is not None:
            line.total += row["count"]
    return [line for line in lines.values() if line.waiting]


def _line_facts(
    line: Line, slots: Sequence[Slot], held: dict[str, list[Holder]], usage: Usage, left: Left, now: datetime
) -> Facts:
    closed = _why_closed(line, slots, held)
    reasons = [closed or why_held(batch, usage) for batch in line.waiting]
    starts = _starts(line, reasons, left)
    slot = line.places[0].pk if line.kind == Slot.Kind.SLOT else None
    return {
        "station": line.station,
        "slot": slot,
        "running": [work_facts(batch, left[batch.pk]) for batch in line.running],
        "held": closed,
        "total": line.total,
        "waiting": [
            _waiting_facts(batch, place, reason, begins, line, now)
            for place, (batch, reason, begins) in enumerate(zip(line.waiting, reasons, starts, strict=True), 1)
        ],
    }


def _waiting_facts(batch: Batch, place: int, held: str, begins: float | None, line: Line, now: datetime) -> Facts:
    return {
        "id": str(batch.pk),
        "name": batch.name,
        "subject": batch.subject,
        "sequence": batch.sequence,
        "slot": batch.slot_id,
        "place": place,
        "priority": Batch.Priority(batch.priority).name,
        "turn_at": iso(turn_of(batch)),
        "created_by": batch.submitted_by,
        "created_at": iso(batch.created_at),
        "waits_s": round((now - batch.created_at).total_seconds(), 1),
        "held": held,
        "why": held or _why_in_line(line, place),
        "starts_in_s": None if begins is None else round(begins, 1),
    }


def _why_closed(line: Line, slots: Sequence[Slot], held: dict[str, list[Holder]]) -> str:
    """Why nothing of a line begins now, whatever runs; empty when something may."""
    if not line.places:
        return _("The station has no lane.")
    if not any(slot.alive for slot in line.places):
        return _("Station %(station)s does not work now.") % {"station": line.station}
    open_places = [slot for slot in line.places if slot.in_service and slot.latch is None and slot.unsafe is None]
    if line.kind == Slot.Kind.LANE:
        return "" if open_places else _("Every lane is latched or out of service.")
    [slot] = line.places
    if why := why_out_of_service(slot):
        return why
    if slot.latch is not None:
        return _("An emergency stop holds %(slot)s until somebody resets it.") % {"slot": slot.pk}
    if slot.unsafe is not None:
        return _("The safe state of %(slot)s was not confirmed.") % {"slot": slot.pk}
    if any(other.unsafe is not None for other in slots) and (why := why_neighbour_unsafe(slot)):
        return why
    for holder in held.get(slot.pk, []):
        words = {"instrument": holder.instrument, "name": holder.name, "slot": holder.slot}
        return _("%(instrument)s is used by %(name)s on %(slot)s") % words
    return ""


def _why_in_line(line: Line, place: int) -> str:
    if place > 1:
        return _("It goes on after those before it.")
    if line.kind == Slot.Kind.SLOT and line.running:
        return _("%(name)s runs there.") % {"name": line.running[0].name}
    if line.running and len(line.running) >= len([slot for slot in line.places if slot.in_service]):
        return _("Every lane is busy.")
    return _("It begins in a moment.")


def _starts(line: Line, reasons: Sequence[str], left: Left) -> list[float | None]:
    """In how many seconds each will begin, as far as anybody knows how long what runs and waits before it takes."""
    busy = {batch.slot_id: left[batch.pk] for batch in line.running}
    open_places = [slot.pk for slot in line.places if slot.in_service]
    free_at = [_or_never(busy[pk]) if pk in busy else 0.0 for pk in open_places]
    heapq.heapify(free_at)
    found: list[float | None] = []
    for batch, reason in zip(line.waiting, reasons, strict=True):
        if reason or not free_at:
            found.append(None)
            continue
        begins = heapq.heappop(free_at)
        heapq.heappush(free_at, begins + _or_never(batch.expected_s))
        found.append(None if math.isinf(begins) else begins)
    return found


def _or_never(seconds: float | None) -> float:
    return math.inf if seconds is None else max(0.0, seconds)
