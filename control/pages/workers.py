"""Who works: hosts with their load, slots and lanes with their processes, and what each has in hand."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from control.access.rights import Right
from control.history.facts import Facts
from control.history.workers import read_workers
from control.pages.inside import draw, needs
from control.states import SlotState


@require_safe
@needs(Right.SEE)
def workers_page(request: HttpRequest) -> HttpResponse:
    workers = [_worker(worker) for worker in read_workers(timezone.now())]
    return draw(request, "control/workers.html", _("Workers"), workers=workers)


def _worker(worker: Facts) -> dict[str, Any]:
    return {
        **worker,
        "heard": worker["heartbeat_at"] and parse_datetime(worker["heartbeat_at"]),
        "badge": _badge(worker),
        "places": [{**place, "word": SlotState(place["state"]).label} for place in worker["places"]],
        "busy": sum(1 for place in worker["places"] if place["batch"] or place["helps"]),
        "percent": _percent(worker),
    }


def _badge(worker: Facts) -> dict[str, str]:
    if worker["alive"]:
        return {"state": "PASS", "word": _("alive")}
    if worker["heartbeat_at"] is None:
        return {"state": "PAUSED", "word": _("stopped")}
    return {"state": "ERROR", "word": _("lost")}


def _percent(worker: Facts) -> int | None:
    """Of the host's processors, as far as anybody was told."""
    if worker["load"] is None or not worker["processors"]:
        return None
    return round(100 * worker["load"] / worker["processors"])
