"""The overview: what runs, what waits, what ended, and the state of every slot."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from control.access.rights import Right
from control.history.overview import read_overview
from control.pages.inside import draw, needs
from control.pages.words import overview_words


@require_safe
@needs(Right.SEE)
def overview(request: HttpRequest) -> HttpResponse:
    facts = read_overview(timezone.now())
    context = {"overview": facts, "page_words": overview_words(), "lists": lists()}
    return draw(request, "control/overview.html", _("Live control"), **context)


def lists() -> dict[str, str]:
    """Where the four counts lead: the batches behind them, in the admin."""
    batches = reverse("admin:control_batch_changelist")
    filters = {
        "running": "state=RUNNING",
        "queued": "state=QUEUED",
        "passed": "outcome=PASS&days=1",
        "failed": "days=1",
    }
    return {name: f"{batches}?{query}" for name, query in filters.items()}
