"""What this installation is and whether everything in it works: the facts of the API, as people read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from control.access.rights import Right
from control.history.facts import Facts
from control.history.health_part import ERROR, OK, WARNING
from control.history.system import read_info
from control.history.system_health import read_health
from control.metrics.disk import size_text
from control.pages.branding import KINDS
from control.pages.inside import draw, needs

# The colours of badges that stand for a level.
BADGES = {OK: "PASS", WARNING: "PAUSED", ERROR: "ERROR"}


@require_safe
@needs(Right.SEE)
def system_page(request: HttpRequest) -> HttpResponse:
    """As it is at this moment; reading the page again looks again."""
    now = timezone.now()
    info, health = read_info(now), read_health(now)
    of_station = [_stations(health), _workers(health), _guards(health), _bench(health)]
    parts = [_database(info, health), *of_station, _disk(health)]
    problems = [problem for part in parts for problem in part["problems"]]
    return draw(
        request,
        "control/system.html",
        _("System"),
        info=info,
        health=health,
        whole=_badge(health["status"]),
        parts=parts,
        problems=sorted(problems, key=lambda problem: problem["level"]),  # errors first
        about=_about(info),
        read_at=now,
    )


def _badge(level: str) -> dict[str, str]:
    words = {OK: _("OK"), WARNING: _("Attention"), ERROR: _("Error")}
    return {"state": BADGES[level], "word": words[level]}


def _part(title: str, part: Facts, facts: list[tuple[str, Any]], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """`facts`: names with their values; `rows`: what the part consists of, each with a badge."""
    problems = [{**problem, "badge": _badge(problem["level"])} for problem in part["problems"]]
    return {"title": title, "badge": _badge(part["status"]), "problems": problems, "facts": facts, "rows": rows}


def _row(name: str, level: str, word: str, more: str = "") -> dict[str, Any]:
    return {"name": name, "badge": {"state": BADGES[level], "word": word}, "more": more}


def _database(info: Facts, health: Facts) -> dict[str, Any]:
    part = health["database"]
    kind = f"{KINDS.get(part['kind'], part['kind'])} {info['database']['version']}"
    facts = [(_("Kind"), kind), (_("Answers within"), f"{part['answers_ms']} ms")]
    return _part(_("Database"), part, facts, [])


def _stations(health: Facts) -> dict[str, Any]:
    part = health["stations"]
    rows = [_station(station) for station in part["stations"]]
    return _part(_("Stations"), part, [], rows)


def _station(station: Facts) -> dict[str, Any]:
    where = _("this host") if station["here"] else station["host"]
    name = f"{station['name']} ({station['id']})"
    if station["alive"]:
        return _row(name, OK, _("alive"), where)
    if station["last_sign_of_life"] is None:
        return _row(name, WARNING if station["here"] else OK, _("stopped"), where)
    level = ERROR if station["here"] else WARNING
    return {**_row(name, level, _("lost"), where), "since": datetime.fromisoformat(station["last_sign_of_life"])}


def _workers(health: Facts) -> dict[str, Any]:
    part = health["workers"]
    facts = [
        (_("Running batches"), f"{part['running']} / {part['places']}"),
        (_("Waiting batches"), part["waiting"]),
    ]
    rows = [
        _row(process["name"], OK, _("works"))
        if process["alive"]
        else _row(process["name"], _of_dead(part), _("does not work"))
        for process in part["processes"]
    ]
    return _part(_("Workers"), part, facts, rows)


def _guards(health: Facts) -> dict[str, Any]:
    part = health["guards"]
    return _part(_("Guards"), part, [], [_guard(guard, _of_dead(part)) for guard in part["slots"]])


def _of_dead(part: Facts) -> str:
    """What does not work is an error where it should: of a station that was stopped nothing does."""
    return ERROR if part["status"] == ERROR else WARNING


def _guard(guard: Facts, of_dead: str) -> dict[str, Any]:
    doing = _("runs a batch") if guard["run"] else ""
    if not guard["answers"]:
        return _row(guard["slot"], of_dead, _("does not answer"))
    if guard["unsafe"] or (guard["safe"] is False and not guard["run"]):
        return _row(guard["slot"], ERROR, _("NOT CONFIRMED"))
    if guard["latched"]:
        return _row(guard["slot"], WARNING, _("latched"), doing)
    return _row(guard["slot"], OK, _("answers"), doing)


def _bench(health: Facts) -> dict[str, Any]:
    part = health["bench"]
    facts = [
        (_("Slots in service"), f"{part['in_service']} / {part['slots']}"),
        (_("Instruments without a problem"), f"{part['usable']} / {part['instruments']}"),
    ]
    return _part(_("Bench"), part, facts, [])


def _disk(health: Facts) -> dict[str, Any]:
    part = health["disk"]
    facts = [(_("Full"), f"{part['percent']} %"), (_("Free"), size_text(part["free"]))]
    return _part(_("Disk"), part, facts, [])


def _about(info: Facts) -> list[tuple[str, Any]]:
    backend = _("named in the station file") if info["features"]["backend"] else _("none")
    return [
        (_("Version"), info["version"]),
        (_("Host"), info["host"]),
        (_("Python"), info["python"]),
        (_("Operating system"), info["platform"]),
        (_("Time zone"), info["time_zone"]),
        (_("Central server"), backend),
        (_("Packages with driver classes"), ", ".join(info["features"]["package_drivers"]) or _("none")),
    ]
