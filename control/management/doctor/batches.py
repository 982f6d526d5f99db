"""Whether batches move: supervised, not waiting for ever, their stories read, the wishes of people handed over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from control.lifecycle.doorbell import cluster_name
from control.lifecycle.presence import is_supervised
from control.lifecycle.slots.leases import holders_of, why_neighbour_unsafe
from control.management.doctor import processes
from control.management.doctor.finding import Finding, attention, good, wrong
from control.metrics.bells import unheard_for
from control.metrics.disk import size_text
from control.models import Batch, ControlEvent, Stream
from control.states import ACTIVE, State
from stations.models import Slot, Station
from stations.safety import client
from stations.safety.durable import read_json

WAITS_LONG = timedelta(hours=1)
DELIVERED_WITHIN = timedelta(seconds=10)
# The housekeeping notices within 0.2 s that a supervisor is gone, and another one begins within 3 s.
RESCUED_WITHIN_S = 3.0
# So much a supervisor may be behind a run that talks a lot.
BEHIND = 4 * 1024**2
SHOWN = 3


def look_at_running_batches() -> Iterator[Finding]:
    """Batches of this host's station that nobody looks after, and running ones of a station that does not run."""
    runs = processes.warden() is not None
    station = (read_json(settings.STATION_PATHS.warden_config) or {}).get("station")
    running = Batch.objects.filter(station=station, state__in=ACTIVE)
    if runs:
        alone = _without_supervisor(running)
        if alone:
            text = f"{_named(alone)}: running, but nobody brings the story into the database."
            yield wrong(text, f"Look at the clusters and {settings.STATION_PATHS.logs / 'housekeeping.log'}")
    elif left := list(running):
        text = f"{_named(left)}: shown as running, but no station runs here."
        yield attention(text, "The next start of the station ends or follows them: manage.py start")
    others = Batch.objects.filter(state__in=ACTIVE).count()
    yield good(f"{others} running in all")


def _without_supervisor(running: QuerySet[Batch]) -> list[Batch]:
    """Looked at twice: whoever has just lost its supervisor gets a new one."""
    alone = [batch for batch in running.all() if not is_supervised(batch.pk)]
    if alone:
        time.sleep(RESCUED_WITHIN_S)
        alone = [batch for batch in running.all() if batch in alone and not is_supervised(batch.pk)]
    return alone


def look_at_waiting_batches() -> Iterator[Finding]:
    waiting = Batch.objects.filter(state=State.QUEUED)
    long = waiting.filter(created_at__lt=Now() - WAITS_LONG).order_by("created_at")
    if (count := long.count()) > 0:
        oldest = long.select_related("slot")[0]
        text = f"{count} of {waiting.count()} have waited for more than an hour, first {_named([oldest])}."
        yield attention(text, _why_waits(oldest))
    for station in Station.objects.filter(heartbeat_at__isnull=False):
        for kind in Slot.Kind:
            if (waited := unheard_for(station.pk, kind)) is not None:
                cluster, seconds = cluster_name(station.pk, kind), int(waited.total_seconds())
                text = f"The bells of {cluster} have rung for {seconds} s and nobody answers."
                yield wrong(text, f"It is stuck or away. On {station.host}, see data/logs/{cluster}.log")
    if not count:
        yield good(f"{waiting.count()} waiting, none of them for long")


def _why_waits(batch: Batch) -> str:
    slot = batch.slot
    if slot is None:
        return "It waits for any lane: are all of them busy?"
    if slot.latch is not None:
        return f'{slot.pk} is latched. When it is safe: manage.py reset --slot {slot.pk} --reason "…"'
    if not slot.in_service:
        return f"{_out_of_service(slot)} Bring it back, or stop the batch."
    if slot.unsafe is not None or slot.safe is False:
        return f'{slot.pk} is UNSAFE. Check its instruments, then: manage.py reset --slot {slot.pk} --reason "…"'
    if why := why_neighbour_unsafe(slot):
        return f"{why} Check its instruments, then reset that one."
    for holder in holders_of(slot):
        return f"{slot.pk} waits for {holder.instrument}: '{holder.name}' ({holder.batch}) uses it on {holder.slot}."
    return f"See on the overview what {slot.pk} is doing; stop the batch if nobody needs it."


def look_at_spools() -> Iterator[Finding]:
    """What runs have written and the database does not have yet."""
    spools = {found: path for path in settings.STATION_PATHS.spools.glob("*.jsonl") if (found := _uuid(path))}
    known = {
        batch: (offset, state)
        for at in range(0, len(spools), 500)
        for batch, offset, state in Stream.objects.filter(batch__in=list(spools)[at : at + 500]).values_list(
            "batch", "spool_offset", "batch__state"
        )
    }
    left = {batch: path.stat().st_size - known[batch][0] for batch, path in spools.items() if batch in known}
    ended = {batch: size for batch, size in left.items() if size > 0 and known[batch][1] not in ACTIVE}
    behind = {batch: size for batch, size in left.items() if size > BEHIND and known[batch][1] in ACTIVE}
    if ended:
        text = f"{size_text(sum(ended.values()))} of batches that have ended were never read: {_first(ended)}."
        yield attention(text, "Their spools in data/spools hold it, line by line, for a week.")
    if behind:
        text = f"{_first(behind)}: {size_text(sum(behind.values()))} behind what they have written."
        yield attention(
            text, "The database is slow, or the supervisors are: see database, and the logs of the clusters."
        )
    if strangers := [batch for batch in spools if batch not in known]:
        text = f"There are spools of batches that this database does not know: {_first(strangers)}."
        yield attention(text, "Of another database, perhaps: look at GWANJE_DATABASE_URL before you delete them.")
    if not (ended or behind or strangers):
        yield good(f"On disk: {len(spools)}, read into the database as far as they are written")


def look_at_wishes() -> Iterator[Finding]:
    """What people asked for and nobody has told the guards."""
    old = Q(requested_at__lt=Now() - DELIVERED_WITHIN, delivered_at=None)
    undelivered = ControlEvent.objects.filter(old)
    wishes = undelivered.filter(batch__state__in=ACTIVE).exclude(kind=ControlEvent.Kind.BATCH_START)
    stops = undelivered.filter(kind=ControlEvent.Kind.EMERGENCY_STOP, batch=None)
    for event in [*wishes.select_related("batch")[:SHOWN], *stops[:SHOWN]]:
        asked = f"{event.get_kind_display()} of {event.batch or event.scope} by {event.by}"
        since = f"{event.requested_at:%Y-%m-%d %H:%M:%S} UTC"
        text = f"{asked} has not been delivered since {since}."
        yield attention(text, "The station that is meant does not answer: see station, on its own host.")
    if not (wishes.exists() or stops.exists()):
        yield good("Everything that was asked for has been delivered")


def look_at_slots() -> Iterator[Finding]:
    """Slots that take no work, as the database knows them. Those of this host are asked themselves: their guards."""
    asked = client.slots_known(settings.STATION_PATHS) if processes.warden() else []
    held = Slot.objects.filter(Q(latch__isnull=False) | Q(safe=False) | Q(unsafe__isnull=False))
    held = held.exclude(pk__in=asked).order_by("pk")
    out = Slot.objects.filter(in_service=False, batches__state=State.QUEUED).distinct().order_by("pk")
    for slot in held:
        yield from _look_at_slot(slot)
    for slot in out:
        yield attention(f"{_out_of_service(slot)} Batches wait for it.", "Bring it back, or stop them.")
    if not (held or out):
        served = Slot.objects.filter(in_service=True).count()
        yield good(f"{served} slots and lanes in service" + ("; those of this host see above" if asked else ""))


def _look_at_slot(slot: Slot) -> Iterator[Finding]:
    if slot.unsafe is not None or slot.safe is False:
        yield wrong(
            f"{slot.pk} was UNSAFE when it was asked last.", "Check its instruments, and that its station runs."
        )
    if slot.latch is not None:
        text = f"{slot.pk} is latched by {slot.latch['by'] or 'nobody known'}."
        yield attention(text, f'When it is safe: manage.py reset --slot {slot.pk} --reason "…"')


def _out_of_service(slot: Slot) -> str:
    if not slot.in_file:
        return f"{slot.pk} is out of service: the station file does not name it any more."
    if slot.taken_out is not None:
        return f"{slot.pk} is out of service ({slot.taken_out['by']}: {slot.taken_out['reason']})."
    return f"{slot.pk} is out of service until its instruments are well: {' '.join(_problems(slot))}"


def _problems(slot: Slot) -> list[str]:
    return list(slot.health_problem["instruments"].values()) if slot.health_problem else []


def _named(batches: list[Batch]) -> str:
    shown = ", ".join(f"'{batch.name}' ({batch.pk})" for batch in batches[:SHOWN])
    return shown + (f" and {len(batches) - SHOWN} more" if len(batches) > SHOWN else "")


def _first(batches: dict[UUID, int] | list[UUID]) -> str:
    names = [str(batch) for batch in batches]
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _uuid(path: Path) -> UUID | None:
    try:
        return UUID(path.stem)
    except ValueError:
        return None
