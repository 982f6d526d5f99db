"""The overview: what runs, what waits, what ended, and the state of every slot."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from control.access.rights import Right, rights_of
from control.history.facts import Facts
from control.history.overview import read_overview
from control.pages.allowed_controls import ON_CARDS, allowed_controls
from control.pages.inside import draw, needs
from control.pages.words import overview_words


@require_safe
@needs(Right.SEE)
def overview(request: HttpRequest) -> HttpResponse:
    facts = read_overview(timezone.now())
    return draw(
        request,
        "control/overview.html",
        _("Live control"),
        overview=facts,
        page_data={"allowed": allowed_controls(rights_of(request.user), ON_CARDS)},
        page_words=overview_words(),
        lists=lists(facts),
    )


def lists(facts: Facts) -> dict[str, str]:
    """Where each count leads: the batches that it counts, in the admin."""
    batches = reverse("admin:control_batch_changelist")
    return {name: f"{batches}?overview={name}" for name in facts["counts"]}
