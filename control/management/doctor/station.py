"""Whether a station runs here with everything that belongs to it: guards, clusters, housekeeping, bench."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db.models.functions import Now

from control.management.doctor import processes
from control.management.doctor.finding import Finding, attention, good, wrong
from control.models import Batch
from control.states import LIVE
from stations.contracts import GuardStatus
from stations.models import Station
from stations.provisioning import ALIVE_FOR
from stations.safety import client
from stations.safety.at_work import ChildAtWork, children_at_work
from stations.safety.durable import read_json
from stations.safety.latch import latches
from stations.safety.unsafe_mark import told_in_english, unsafe_marks
from stations.station_file import StationFileError, read_station_file

SOON = "The warden starts a new one within seconds. If it does not last, see {log}"


def look_at_processes() -> Iterator[Finding]:
    """The warden and what it keeps alive."""
    warden = processes.warden()
    if warden is None:
        text = "No station runs on this data directory, so nothing is run here."
        yield attention(text, "Start everything: manage.py start. A station alone: manage.py serve_station")
        return
    if warden.is_stopped:
        yield wrong(
            f"The warden (process {warden.pid}) stands still.", f"End it, all becomes safe: kill -KILL {warden.pid}"
        )
    configuration = read_json(settings.STATION_PATHS.warden_config) or {}
    children = children_at_work(settings.STATION_PATHS)
    missing = [finding for child in children for finding in _look_at_child(child)]
    yield from missing
    yield from _look_at_bench()
    if not missing and not warden.is_stopped:
        names = ", ".join(child.name for child in children)
        yield good(f"Station '{configuration.get('station')}' runs: warden {warden.pid} with {names}")


def _look_at_child(child: ChildAtWork) -> Iterator[Finding]:
    remedy = SOON.format(log=settings.STATION_PATHS.logs / f"{child.name}.log")
    if not child.lives:
        yield wrong(f"{child.name} does not run.", remedy)
    elif child.is_stopped:
        yield wrong(f"{child.name} (process {child.pid}) stands still.", remedy)


def _look_at_bench() -> Iterator[Finding]:
    try:
        described = read_station_file(settings.STATION_FILE, settings.DRIVERS)
    except StationFileError:
        return  # has a look of its own
    if processes.bench() is None and any(instrument.simulation for instrument in described.instruments.values()):
        text = "The station file names simulated instruments, but no simulated bench runs."
        yield wrong(text, "Start the station with manage.py start, or serve_station --with-bench.")


def look_at_guards() -> Iterator[Finding]:
    """What every guard of this host knows of its slot; without guards, which latch files hold."""
    slots = client.slots_known(settings.STATION_PATHS)
    if processes.warden() is None:
        held = latches(settings.STATION_PATHS, slots)
        for slot, mark in unsafe_marks(settings.STATION_PATHS, slots).items():
            text = f"{slot} was not confirmed to be safe: {told_in_english(mark)}."
            yield attention(text, "Check the bench, start the station, and clear it: manage.py reset")
        yield good(f"None run; {len(held)} latches hold" + (f": {', '.join(sorted(held))}" if held else ""))
        return
    answers = client.statuses(settings.STATION_PATHS, slots)
    troubles = [finding for slot in slots for finding in _look_at_guard(slot, answers.get(slot))]
    yield from troubles
    if not troubles:
        running = sum(answer["run"] is not None for answer in answers.values())
        yield good(f"{len(slots)} of {len(slots)} answer, {running} with a run; every slot is known to be safe")


def _look_at_guard(slot: str, status: GuardStatus | None) -> Iterator[Finding]:
    if status is None:
        log = settings.STATION_PATHS.logs / f"guard {slot.replace('/', '--')}.log"
        yield wrong(f"The guard of {slot} does not answer.", SOON.format(log=log))
        return
    if status["unsafe"] is not None:
        how = f'then clear it, as an engineer: manage.py reset --slot {slot} --reason "…"'
        yield wrong(f"{slot} is UNSAFE: {told_in_english(status['unsafe'])}.", f"Check the bench by hand, {how}")
    if (latch := status["latch"]) is not None:
        text = f"{slot} is latched by {latch['by'] or 'nobody known'}: {latch['reason'] or 'no reason given'}."
        yield attention(text, _how_to_reset(slot))
    for health in status["health"].values():
        if health["error"] is not None:
            yield wrong(f"{slot} is out of service. {health['error']}", "It comes back by itself when that is well.")
    if status["run"] is None and not status["parked"]:
        yield attention(
            f"{slot} has no runner ready.", "It takes a tenth of a second. If it lasts, see the guard's log."
        )


def _how_to_reset(slot: str) -> str:
    return f'When it is safe: manage.py reset --slot {slot} --reason "…"'


def look_at_heartbeats() -> Iterator[Finding]:
    """Every station of the database, by the database's clock."""
    stations = Station.objects.annotate(now=Now()).order_by("pk")
    here = (read_json(settings.STATION_PATHS.warden_config) or {}).get("station") if processes.warden() else None
    for station in stations:
        yield from _look_at_heartbeat(station, here=station.pk == here)
    if not stations:
        yield attention("The database knows no station yet.", "Start one: manage.py start")


def _look_at_heartbeat(station: Station, *, here: bool) -> Iterator[Finding]:
    beat = station.heartbeat_at
    if beat is not None and station.now - beat <= ALIVE_FOR:
        yield good(f"'{station.pk}' on {station.host} is alive")
        return
    if here:
        log = settings.STATION_PATHS.logs / "housekeeping.log"
        since = "never" if beat is None else f"last {int((station.now - beat).total_seconds())} s ago"
        yield wrong(f"The housekeeping of '{station.pk}' here gives no sign of life ({since}).", f"See {log}")
        return
    live = Batch.objects.filter(station=station, state__in=LIVE).count()
    left = f"{live} of its batches ran or waited then" if live else "none of its batches is live"
    if beat is None:
        yield (attention if live else _good)(f"'{station.pk}' on {station.host} was stopped; {left}", "Start it there.")
    else:
        text = f"Lost contact with '{station.pk}' on {station.host} since {beat:%Y-%m-%d %H:%M:%S} UTC; {left}."
        yield attention(text, "Look after that host and its network: only it may move its batches.")


def _good(text: str, remedy: str) -> Finding:
    return good(text)
