"""The queue: what waits, why, and in which order. Operators change the order by plain forms, which need no scripts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from control.access.faces import actor_of
from control.access.rights import Right
from control.history.durations import about_text
from control.history.facts import Facts
from control.history.waiting import read_queue
from control.lifecycle.actor import USER_REQUEST
from control.lifecycle.queue_moves import To, move_batch, place_of
from control.lifecycle.refusals import BadValue, Refused
from control.models import Batch, ControlEvent
from control.pages.answers import accepted, refused
from control.pages.inside import draw, needs

URGENT = Batch.Priority.URGENT.name


@require_safe
@needs(Right.SEE)
def queue_page(request: HttpRequest) -> HttpResponse:
    lines = [_line(line) for line in read_queue(timezone.now())]
    return draw(
        request,
        "control/queue.html",
        _("Queue"),
        lines=lines,
        total=sum(line["total"] for line in lines),
        priorities=[(priority.name, priority.label) for priority in reversed(Batch.Priority)],
    )


@require_POST
@needs(Right.OPERATE)
def move(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """A button that moves says where; the form without one gives the batch the priority that is chosen in it."""
    then = reverse("control:queue")
    actor = actor_of(request.user, ControlEvent.Face.PAGE)
    try:
        to, priority = _asked(request)
        reason = request.POST.get("reason", "").strip() or USER_REQUEST
        batch = move_batch(batch_id, to=to, priority=priority, by=actor, reason=reason)
    except Refused as error:
        return refused(request, error, then)
    words = {"name": batch.name, "place": place_of(batch), "priority": Batch.Priority(batch.priority).label}
    return accepted(request, _("%(name)s waits in place %(place)d, with priority %(priority)s.") % words, then)


def _asked(request: HttpRequest) -> tuple[To | None, Batch.Priority | None]:
    to, priority = request.POST.get("to", ""), request.POST.get("priority", "")
    if to:
        if to not in list(To):
            raise BadValue(_("Say where to move it, or which priority it shall have."), field="to")
        return To(to), None
    if priority and priority not in Batch.Priority.names:
        raise BadValue(_("Choose a priority."), field="priority")
    return None, Batch.Priority[priority] if priority else None


def _line(line: Facts) -> dict[str, Any]:
    waiting = [_row(batch) for batch in line["waiting"]]
    for one, behind in pairwise(waiting):
        # What is urgent and what is not never change places.
        one["is_last"] = behind["is_first"] = (one["priority"] == URGENT) != (behind["priority"] == URGENT)
    waiting[0]["is_first"] = True
    waiting[-1]["is_last"] = len(waiting) == line["total"]
    running = [{**batch, "left": _about(batch["seconds_left"])} for batch in line["running"]]
    return {**line, "waiting": waiting, "running": running, "more": line["total"] - len(waiting)}


def _row(batch: Facts) -> dict[str, Any]:
    return {
        **batch,
        "priority_word": Batch.Priority[batch["priority"]].label,
        "since": parse_datetime(batch["created_at"]),
        "starts": _about(batch["starts_in_s"]),
    }


def _about(seconds: float | None) -> str:
    return "" if seconds is None or seconds < 1 else about_text(seconds)
