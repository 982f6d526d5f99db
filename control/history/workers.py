"""Who works: the host of each station, its slots and lanes, their processes, and what each has in hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now

from control.history.facts import PROVENANCE, Facts, iso, slot_state, work_facts
from control.metrics.eta import times_left
from control.models import Batch, Chunk, Helper
from control.states import ACTIVE
from stations.models import Slot, Station
from stations.provisioning import ALIVE_FOR

Left = Mapping[UUID, float | None]  # seconds until each batch ends


def read_workers(now: datetime) -> list[Facts]:
    """Facts of every station with its places, in five queries however many there are.

    A few more tell how long batches over items will take, while there are any.

    `load`: of its host, the processes that wanted a processor in the last minute on average, beside `processors`.
    """
    alive = Q(heartbeat_at__isnull=False) & Q(heartbeat_at__gt=Now() - ALIVE_FOR)
    stations = Station.objects.annotate(alive=alive).defer("configuration").order_by("pk")
    slots = list(Slot.objects.order_by("station", F("kind").desc(), "position"))
    running = Batch.objects.filter(state__in=ACTIVE, slot__in=slots).defer(*PROVENANCE, "result", "error")
    batches = {batch.slot_id: batch for batch in running}
    helpers = {
        helper.slot_id: helper
        for helper in Helper.objects.filter(ended_at=None).select_related("chunked_step__batch").defer(*_of_helped())
    }
    chunks = {
        chunk.slot_id: chunk
        # Of the two that each lane has, the one that has begun comes last and stays.
        for chunk in Chunk.objects.filter(state=Chunk.State.RUNNING)
        .order_by(F("began_at").asc(nulls_first=True))
        .select_related("chunked_step")
        .defer("message")
    }
    working = {batch.pk: batch for batch in batches.values()}
    working |= {helper.chunked_step.batch_id: helper.chunked_step.batch for helper in helpers.values()}
    left = times_left(list(working.values()), now)
    found: dict[str, list[Facts]] = {}
    for slot in slots:
        if slot.in_file or slot.pk in batches:
            place = _place(slot, batches.get(slot.pk), helpers.get(slot.pk), chunks.get(slot.pk), left)
            found.setdefault(slot.station_id, []).append(place)
    return [_station(station, found.get(station.pk, [])) for station in stations]


def _of_helped() -> list[str]:
    return [f"chunked_step__batch__{name}" for name in (*PROVENANCE, "result", "error")]


def _station(station: Station, places: list[Facts]) -> Facts:
    load = station.host_load or {}
    return {
        "id": station.pk,
        "name": station.name,
        "host": station.host,
        "alive": bool(station.alive),
        "heartbeat_at": iso(station.heartbeat_at),
        "load": load.get("load"),
        "processors": load.get("processors"),
        "places": places,
    }


def _place(slot: Slot, batch: Batch | None, helper: Helper | None, chunk: Chunk | None, left: Left) -> Facts:
    helped = helper.chunked_step.batch if helper is not None and batch is None else None
    return {
        "id": slot.pk,
        "name": slot.name,
        "kind": slot.kind,
        "state": "BUSY" if helped is not None else slot_state(slot, batch),
        "guard_pid": slot.guard_pid,
        "runner_pid": slot.runner_pid,
        "batch": _work(batch, left),
        "helps": _work(helped, left),
        "chunk": _chunk(chunk) if batch is not None or helped is not None else None,
    }


def _work(batch: Batch | None, left: Left) -> Facts | None:
    return None if batch is None else work_facts(batch, left[batch.pk])


def _chunk(chunk: Chunk | None) -> Facts | None:
    if chunk is None:
        return None
    step = chunk.chunked_step
    return {
        "batch": str(step.batch_id),
        "step": step.name,
        "number": chunk.number,
        "items": len(chunk.items),
        "tries": chunk.tries,
        "began_at": iso(chunk.began_at),
    }
