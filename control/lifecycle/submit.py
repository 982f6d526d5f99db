"""submit: a new batch, checked completely before anything is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, Q, When
from django.db.models.functions import Now

from control.journal.append import Entry, tell_batch, tell_board
from control.journal.kinds import Kind, stream_of
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event
from control.lifecycle.doorbell import ring_slot
from control.lifecycle.refusals import BadValue, UnknownName, WrongState, check_length
from control.models import Batch, ControlEvent, Stream
from control.states import LIVE
from sequences.catalogue import Package, find_packages
from sequences.parameters import ParameterError, resolve_parameters
from stations.models import Slot
from stations.provisioning import ALIVE_FOR

PARAMETERS_LIMIT = 64 * 1024  # bytes of JSON: a job travels to its guard in one datagram


@dataclass(frozen=True)
class Order:
    """What somebody asks to be run."""

    sequence: str
    slot: str | None = None
    name: str = ""
    subject: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    priority: Batch.Priority = Batch.Priority.NORMAL
    wait: bool = True  # False: refuse instead of queueing when the slot is busy


def submit(order: Order, *, by: Actor, trigger: Batch.Trigger, reason: str = USER_REQUEST) -> Batch:
    """Queue a batch and wake its slot.

    Effects, in order: Batch, its Stream, a ControlEvent, a line in the batch's story and on the board, a bell.
    Raises UnknownName or BadValue for what cannot be run, WrongState for a slot that takes nothing now.
    """
    check_length("name", order.name, 200)
    check_length("subject", order.subject, 100)
    check_length("reason", reason, LONGEST_REASON)
    package = find_package(order.sequence)
    parameters = _resolve(package, order.parameters)
    slot = _choose_slot(package, order)
    with transaction.atomic():
        batch = _create(order, package, parameters, slot, by, trigger)
        _record(batch, by, reason)
        for woken in _slots_to_wake(batch):
            ring_slot(woken)
    return batch


def find_package(name: str) -> Package:
    """Return the package of a sequence. Raises UnknownName, or BadValue with every problem of a broken package."""
    packages = find_packages(settings.SEQUENCE_DIRS)
    if name not in packages:
        raise UnknownName("sequence", name, packages)
    package = packages[name]
    if package.problems:
        raise BadValue("\n".join([f"Sequence '{name}' cannot run:", *map(str, package.problems)]))
    return package


def _resolve(package: Package, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        parameters = resolve_parameters(package.manifest.parameters, dict(given))
    except ParameterError as error:
        raise BadValue(str(error)) from error
    if len(json.dumps(parameters)) > PARAMETERS_LIMIT:
        raise BadValue(f"The parameters take more than {PARAMETERS_LIMIT // 1024} KiB. Put large data into a file.")
    return parameters


def _choose_slot(package: Package, order: Order) -> Slot | None:
    """Return the named slot, else the first free fitting one; None for work that any lane may take."""
    roles = set(package.manifest.instruments)
    if order.slot is not None:
        slot = Slot.objects.filter(pk=order.slot).first()
        if slot is None:
            known = Slot.objects.values_list("pk", flat=True)
            if not known:
                raise WrongState("There is no slot yet. Start a station first: manage.py serve_station --with-bench")
            raise UnknownName("slot", order.slot, known)
        _check_fits(slot, package.name, roles)
        _check_takes_work(slot, order)
        return slot
    if not roles:
        _check_a_lane_takes_work()
        return None
    # Free slots first, then the shortest queue.
    fitting = [slot for slot in _open_slots() if roles <= set(slot.instruments)]
    if not fitting:
        raise BadValue(
            f"No slot in service has the instruments that '{package.name}' needs: {', '.join(sorted(roles))}."
        )
    _check_takes_work(fitting[0], order)
    return fitting[0]


def _explain_no_slot(sequence: str, roles: set[str]) -> NoReturn:
    if any(roles <= set(slot.instruments) for slot in Slot.objects.all()):
        raise WrongState(
            f"Every slot that fits '{sequence}' is latched or out of service. When it is safe, reset one: "
            'manage.py reset --slot STATION/SLOT --reason "…"'
        )
    raise BadValue(f"No slot has the instruments that '{sequence}' needs: {', '.join(sorted(roles))}.")


def _open_slots(kind: Slot.Kind = Slot.Kind.SLOT) -> list[Slot]:
    """Slots that take work, those of living stations first, then those with the least to do."""
    alive = Case(When(station__heartbeat_at__gt=Now() - ALIVE_FOR, then=0), default=1)
    return list(
        Slot.objects.filter(kind=kind, in_service=True, latch__isnull=True)
        .annotate(missing=alive, waiting=Count("batches", filter=Q(batches__state__in=LIVE)))
        .order_by("missing", "waiting", "station", "position")
        .select_related("station")
    )


def _open_lanes() -> list[Slot]:
    return _open_slots(Slot.Kind.LANE)


def _check_a_lane_takes_work() -> None:
    if _open_lanes():
        return
    if Slot.objects.filter(kind=Slot.Kind.LANE).exists():
        raise WrongState(
            "Every lane is latched or out of service. When it is safe, reset the station: "
            'manage.py reset --station STATION --reason "…"'
        )
    raise WrongState("No station has a lane yet. Start one first: manage.py serve_station")


def _check_fits(slot: Slot, sequence: str, roles: set[str]) -> None:
    missing = sorted(roles - set(slot.instruments))
    if missing:
        raise BadValue(f"Slot {slot.pk} has no {', '.join(missing)}, which '{sequence}' needs. Choose another slot.")


def _check_takes_work(slot: Slot, order: Order) -> None:
    if not slot.in_service:
        raise WrongState(f"Slot {slot.pk} is out of service. Put it back into service, or choose another slot.")
    if slot.latch is not None:
        raise WrongState(
            f"Slot {slot.pk} is latched: {slot.latch['by']} pressed the emergency stop. "
            f'When it is safe, run: manage.py reset --slot {slot.pk} --reason "…"'
        )
    if not order.wait and slot.batches.filter(state__in=LIVE).exists():
        raise WrongState(f"Slot {slot.pk} is busy. Choose another slot, or let the batch wait for this one.")
    if not order.wait and slot.safe is False:
        raise WrongState(
            f"Slot {slot.pk} did not confirm its safe state. Check its instruments, or let the batch wait."
        )


def _create(
    order: Order, package: Package, parameters: dict[str, Any], slot: Slot | None, by: Actor, trigger: Batch.Trigger
) -> Batch:
    station = slot.station if slot is not None else _open_lanes()[0].station
    batch = Batch.objects.create(
        name=order.name or " ".join(filter(None, [package.title[:99], order.subject])),
        subject=order.subject,
        sequence=package.name,
        version=package.version,
        sha256=package.sha256,
        package=str(package.path),
        parameters=parameters,
        limits=package.manifest.limits,
        stop_grace_s=package.manifest.stop_grace_s,
        station=station,
        slot=slot,
        priority=order.priority,
        trigger=trigger,
        created_by=by.user,
        submitted_by=by.name,
        station_configuration=station.configuration,
    )
    Stream.objects.create(name=stream_of(batch.pk), batch=batch)
    return batch


def _record(batch: Batch, by: Actor, reason: str) -> None:
    kind = ControlEvent.Kind.BATCH_START
    event = record_control_event(kind, by=by, reason=reason, batch=batch, at_once=True, after={"state": batch.state})
    data = {"control": str(event.pk), "by": by.name, "face": by.face, "reason": reason, "slot": batch.slot_id}
    tell_batch(batch.pk, Entry(Kind.BATCH_QUEUED, f"Queued by {by.name}", data=data))
    tell_board(batch, Kind.BATCH_QUEUED)


def _slots_to_wake(batch: Batch) -> list[Slot]:
    """The batch's own slot, or one lane; a busy lane looks for more work by itself when it is done."""
    if batch.slot is not None:
        return [batch.slot]
    return [lane for lane in _open_lanes() if lane.station_id == batch.station_id][:1]
