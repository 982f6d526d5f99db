"""The instruments of a slot as people see them: what they declare, what they say, who holds them, what was asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Value, When

from control.history.facts import Facts, control_event_facts, iso
from control.history.slots import read_slots
from control.lifecycle.packages import MANUAL_CONTROL
from control.lifecycle.queue_order import best_first
from control.lifecycle.slots.instruments import commands_of
from control.lifecycle.slots.manual import why_not_now
from control.models import Batch, ControlEvent
from control.states import ACTIVE, State
from stations.drivers.command import Command
from stations.models import Instrument, Slot

NEWEST_COMMANDS = 50
AMONG_BATCHES = 20  # the last ones of the slot: commands of older ones are in their own stories
COMMANDS = (
    ControlEvent.Kind.MANUAL_COMMAND,
    ControlEvent.Kind.MANUAL_END,
    ControlEvent.Kind.TAKE_OVER,
    ControlEvent.Kind.GIVE_BACK,
)
BEGIN, END, TAKE_OVER, GIVE_BACK = "begin", "end", "take-over", "give-back"
# One that is about to begin, beside what waits for the instruments to be well again.
_SESSIONS_FIRST = Case(When(sequence=MANUAL_CONTROL, then=Value(0)), default=Value(1))


def read_manual(slot: Slot) -> Facts:
    """Everything about driving a slot by hand, in a fixed number of queries."""
    batch = slot.batches.filter(state__in=ACTIVE).first()
    waiting = slot.batches.filter(state=State.QUEUED).order_by(_SESSIONS_FIRST, *best_first()).first()
    readings = batch.readings if batch is not None and batch.manual_by else {}
    why_not = "" if batch is not None and batch.manual_by else why_not_now(slot)
    return {
        "slot": read_slots(pk=slot.pk)[0],
        "owner": _owner(batch or waiting),
        "manual_by": batch.manual_by if batch is not None else "",
        "why_not": why_not,
        "actions": _actions(batch, waiting, why_not),
        "idle_ends_at": iso(_idle_ends_at(batch)) if batch is not None else None,
        "instruments": _instruments(slot, readings),
        "commands": [control_event_facts(event) for event in _newest_commands(slot)],
    }


def _owner(batch: Batch | None) -> Facts | None:
    if batch is None:
        return None
    session = batch.sequence == MANUAL_CONTROL
    about = {"batch": str(batch.pk), "name": batch.name, "by": batch.submitted_by, "state": batch.state}
    return {**about, "session": session}


def _actions(batch: Batch | None, waiting: Batch | None, why_not: str) -> list[str]:
    """What could be done now, by whoever has the right."""
    if batch is None and not why_not:
        return [BEGIN]
    held = batch or waiting
    if held is not None and held.sequence == MANUAL_CONTROL:
        return [END]
    if batch is None or batch.state != State.PAUSED:
        return []
    return [GIVE_BACK] if batch.manual_by else [TAKE_OVER]


def _idle_ends_at(batch: Batch) -> datetime | None:
    """When a session ends by itself unless somebody gives a command. The run's own clock decides, which begins then."""
    limit_s = batch.parameters.get("idle_limit_s")
    if batch.sequence != MANUAL_CONTROL or not batch.manual_by or limit_s is None or batch.started_at is None:
        return None
    commands = ControlEvent.objects.filter(batch=batch, kind=ControlEvent.Kind.MANUAL_COMMAND)
    last = commands.order_by("-pk").values_list("requested_at", flat=True).first()
    return (last or batch.started_at) + timedelta(seconds=limit_s)


def _instruments(slot: Slot, readings: dict[str, Any]) -> list[Facts]:
    """In the order of the slot's roles; one that plays two roles comes once."""
    roles: dict[str, list[str]] = {}
    for role, name in slot.instruments.items():
        roles.setdefault(name, []).append(role)
    rows = {row.name: row for row in Instrument.objects.filter(station=slot.station_id, name__in=roles)}
    described = slot.station.configuration.get("instruments", {})
    found = []
    for name, played in roles.items():
        row, said = rows.get(name), readings.get(name, {})
        values = said.get("values", {})
        found.append(
            {
                "name": name,
                "roles": played,
                "driver": row.driver if row else "",
                "resource": row.resource if row else "",
                "calibration_due": row.calibration_due.isoformat() if row and row.calibration_due else None,
                "safe_state": bool(described.get(name, {}).get("safe_state")),
                "problem": said.get("problem", ""),
                "commands": [_command(command, values) for command in commands_of(slot, name).values()],
            }
        )
    return found


def _command(command: Command, values: dict[str, Any]) -> Facts:
    return {
        "name": command.name,
        "type": command.type,
        "unit": command.unit,
        "minimum": command.minimum,
        "maximum": command.maximum,
        "description": command.description,
        "sets": command.write is not None,
        "reads": command.query is not None,
        "value": values.get(command.name),
    }


def _newest_commands(slot: Slot) -> list[ControlEvent]:
    """Newest first."""
    batches = Batch.objects.filter(slot=slot).order_by("-pk").values("pk")[:AMONG_BATCHES]
    return list(ControlEvent.objects.filter(batch__in=batches, kind__in=COMMANDS).order_by("-pk")[:NEWEST_COMMANDS])
