"""Whether everything works: database, stations, workers, guards, disk. No part is waited for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from control.history.bench_health import bench_health
from control.history.facts import Facts, iso
from control.history.health_part import ERROR, WARNING, part_of, problem, worst
from control.history.system import read_stations
from control.lifecycle.doorbell import cluster_name
from control.metrics.bells import unheard_for
from control.metrics.database_load import (
    LARGEST_LOG,
    LONGEST_TRANSACTION_S,
    SLOW_MS,
    answer_ms,
    log_size,
    oldest_transaction,
)
from control.metrics.disk import FULL_FROM, DiskUse, disk_use, size_text
from control.models import Batch
from control.states import ACTIVE, State
from stations.contracts import GuardStatus
from stations.models import Slot
from stations.safety import client
from stations.safety.at_work import ChildAtWork, children_at_work

# All guards are asked at once; one that works answers within milliseconds.
GUARDS_ANSWER_S = 0.4


def read_health(now: datetime) -> Facts:
    """Facts of every part, each with its `status` and `problems`; `status` of the whole is that of the worst part.

    Within a second, however many of them are dead, as long as the database answers.
    """
    stations = read_stations()
    guards = client.slots_known(settings.STATION_PATHS)
    answers = client.statuses(settings.STATION_PATHS, guards, GUARDS_ANSWER_S)
    children = children_at_work(settings.STATION_PATHS)
    runs = bool(answers) or any(child.lives for child in children)
    parts = {
        "database": _database(),
        "stations": _stations(stations, runs),
        "workers": _workers(stations, children, runs),
        "guards": _guards(guards, answers, runs),
        "bench": bench_health(),
        "disk": disk_health(disk_use(settings.DATA_DIR)),
    }
    # Nothing speaks with a backend yet, so nothing is known about one.
    return {
        "status": worst(part["status"] for part in parts.values()),
        "time": iso(now),
        **parts,
        "backend_connected": None,
    }


def _database() -> Facts:
    took_ms = answer_ms()
    problems = []
    if took_ms > SLOW_MS:
        text = _("The database takes %(ms)d ms to answer.") % {"ms": took_ms}
        problems.append(problem(WARNING, text, _("Look at the load of its server, and at the network.")))
    if (size := log_size()) > LARGEST_LOG:
        text = _("The log of the database has grown to %(size)s.") % {"size": size_text(size)}
        problems.append(problem(WARNING, text, _("Close the program that keeps it open for reading.")))
    oldest = oldest_transaction()
    if oldest is not None and oldest.open_s > LONGEST_TRANSACTION_S:
        text = _("A transaction has been open for %(minutes)d minutes.") % {"minutes": oldest.open_s / 60}
        problems.append(problem(WARNING, text, _("Whoever began it should end it: %(who)s.") % {"who": oldest.who}))
    return part_of(problems, kind=connection.vendor, answers_ms=round(took_ms, 1))


def _stations(stations: list[Facts], runs: bool) -> Facts:
    problems = [found for station in stations for found in _station_problems(station, runs)]
    if not stations:
        remedy = _("Start a station on its host: manage.py start")
        problems.append(problem(WARNING, _("No station has been started yet."), remedy))
    names = ("id", "name", "host", "here", "alive", "last_sign_of_life")
    return part_of(problems, stations=[{name: station[name] for name in names} for station in stations])


def _station_problems(station: Facts, runs: bool) -> Iterable[Facts]:
    name, host = station["id"], station["host"]
    if station["alive"]:
        return
    if station["here"] and runs:
        text = _("The housekeeping of station '%(name)s' gives no sign of life.") % {"name": name}
        yield problem(ERROR, text, _("See %(log)s.") % {"log": _log_of("housekeeping")})
    elif station["last_sign_of_life"] is None:
        if station["here"]:
            text = _("Station '%(name)s' of this host is stopped.") % {"name": name}
            yield problem(WARNING, text, _("Start it: manage.py start"))
    else:
        text = _("Contact with station '%(name)s' on %(host)s is lost.") % {"name": name, "host": host}
        yield problem(ERROR if station["here"] else WARNING, text, _("Look after that host and its network."))


def _workers(stations: list[Facts], children: list[ChildAtWork], runs: bool) -> Facts:
    problems = []
    for child in children if runs else []:
        if not child.lives or child.is_stopped:
            text = _("%(name)s stands still.") if child.lives else _("%(name)s does not run.")
            problems.append(problem(ERROR, text % {"name": child.name}, _started_again(child.name)))
    for station in stations:
        for kind in Slot.Kind if station["alive"] else ():
            if (waited := unheard_for(station["id"], kind)) is not None:
                problems.append(_unheard(cluster_name(station["id"], kind), waited))
    processes = [{"name": child.name, "alive": child.lives and not child.is_stopped} for child in children]
    running = Batch.objects.filter(state__in=ACTIVE).count()
    waiting = Batch.objects.filter(state=State.QUEUED).count()
    places = sum(station["slots"] + station["lanes"] for station in stations if station["alive"])
    return part_of(problems, processes=processes, running=running, waiting=waiting, places=places)


def _unheard(cluster: str, waited: timedelta) -> Facts:
    seconds = int(waited.total_seconds())
    text = _("The bells of %(name)s have rung for %(seconds)d s and nobody answers.")
    return problem(ERROR, text % {"name": cluster, "seconds": seconds}, _started_again(cluster))


def _started_again(name: str) -> str:
    return _("It is started again within seconds. If that does not last, see %(log)s.") % {"log": _log_of(name)}


def _log_of(name: str) -> str:
    """As people find it on the host, without where its data lies there."""
    return f"data/logs/{name}.log"


def _guards(slots: list[str], answers: dict[str, GuardStatus], runs: bool) -> Facts:
    problems = [found for slot in slots if runs for found in _guard_problems(slot, answers.get(slot))]
    return part_of(problems, slots=[_guard(slot, answers.get(slot)) for slot in slots])


def _guard(slot: str, status: GuardStatus | None) -> Facts:
    if status is None:
        return {"slot": slot, "answers": False, "safe": None, "unsafe": None, "latched": None, "run": None}
    marks = {"unsafe": status["unsafe"] is not None, "latched": status["latch"] is not None}
    return {"slot": slot, "answers": True, "safe": status["safe"], **marks, "run": status["run"]}


def _guard_problems(slot: str, status: GuardStatus | None) -> Iterable[Facts]:
    if status is None:
        text = _("The guard of %(slot)s does not answer.") % {"slot": slot}
        yield problem(ERROR, text, _started_again(f"guard {slot.replace('/', '--')}"))
        return
    if status["unsafe"] is not None:
        text = _("%(slot)s is UNSAFE: its safe state was not confirmed.") % {"slot": slot}
        yield problem(ERROR, text, _("Check the bench by hand. An engineer then clears it on the overview."))
    elif status["run"] is None and status["safe"] is False:
        text = _("%(slot)s did not confirm its safe state.") % {"slot": slot}
        yield problem(ERROR, text, _("Check its instruments by hand before anybody touches them."))
    if (latch := status["latch"]) is not None:
        text = _("%(slot)s is latched by %(by)s.") % {"slot": slot, "by": latch["by"] or "?"}
        yield problem(WARNING, text, _("When it is safe, reset it on the overview, with a reason."))


def disk_health(use: DiskUse) -> Facts:
    """How full the disk of the data directory is: a warning from 80 % on, an error from 95 %."""
    problems = []
    if use.grade:
        text = _("The disk is %(percent)d%% full, with %(free)s left.")
        said = text % {"percent": int(use.percent), "free": size_text(use.free)}
        level = ERROR if use.grade == len(FULL_FROM) else WARNING
        problems.append(problem(level, said, _("Make room there, or prune old batches: manage.py prune")))
    return part_of(problems, percent=round(use.percent, 1), free=use.free)
