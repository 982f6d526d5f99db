"""Keeping rows and guards of one mind: what a guard knows of its slot, and emergency stops and resets from anywhere."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from control.housekeeping.health import note_health
from control.lifecycle.safety.emergency import record_emergency_stop, was_reset
from control.models import ControlEvent
from stations.contracts import Latch
from stations.models import Slot
from stations.safety import client, emergency
from stations.safety.latch import latches


def mirror_guards(station: str) -> None:
    """Copy each guard's last word into the rows: the safe state, its processes, the health of its instruments."""
    for slot in Slot.objects.filter(station=station):
        status = client.status(settings.STATION_PATHS, slot.pk, timeout_s=0.2)
        safe = status["safe"] if status is not None else None
        processes = (status["pid"], status["runner"]) if status is not None else (None, None)
        if (slot.safe, slot.guard_pid, slot.runner_pid) != (safe, *processes):
            guard, runner = processes
            Slot.objects.filter(pk=slot.pk).update(safe=safe, guard_pid=guard, runner_pid=runner)
        if status is not None and status["health"]:
            note_health(slot, status["health"])


def reconcile_latches(station: str) -> None:
    """Bring the latch files of this host and the rows together, in whichever direction something is missing.

    A file without its control event: an emergency stop while the database was away, recorded now. A row without a file:
    somebody pressed on another host, the guards are told now. A file that was reset on record: the guard missed it.
    """
    pressed_elsewhere: dict[str, list[Slot]] = {}
    # Files before rows: a press writes the file first and a reset the row, so what is read later is never older. The
    # other way round, a reset in between would look like a press on another host.
    files = latches(settings.STATION_PATHS, Slot.objects.filter(station=station).values_list("pk", flat=True))
    for slot in Slot.objects.filter(station=station):
        if slot.pk in files:
            _reconcile_file(slot, files[slot.pk])
        elif slot.latch is not None and not slot.latch["id"]:
            Slot.objects.filter(pk=slot.pk).update(latch=None)  # the unreadable file is gone: somebody has lifted it
        elif slot.latch is not None:
            pressed_elsewhere.setdefault(slot.latch["id"], []).append(slot)
    for control, slots in pressed_elsewhere.items():
        emergency.stop_slots(settings.STATION_PATHS, [slot.pk for slot in slots], slots[0].latch)
        ControlEvent.objects.filter(pk=control, delivered_at=None).update(delivered_at=timezone.now())


def _reconcile_file(slot: Slot, held: Latch) -> None:
    recorded = not held["id"] or ControlEvent.objects.filter(pk=held["id"]).exists()
    if not recorded:
        record_emergency_stop(held, delivered=True)
    elif slot.latch is None and held["id"] and was_reset(held, slot):
        emergency.reset_slots(settings.STATION_PATHS, [slot.pk], held["id"])
    elif slot.latch is None:
        Slot.objects.filter(pk=slot.pk, latch__isnull=True).update(latch=held)
    elif slot.latch["id"]:
        record_emergency_stop(slot.latch, delivered=True)  # aborts what was queued in the very moment of the press
