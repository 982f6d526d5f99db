"""Taking a slot out of service and putting it back, from the overview and from the admin."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from control.access.faces import actor_of
from control.access.rights import Right
from control.lifecycle.actor import USER_REQUEST
from control.lifecycle.refusals import Refused
from control.lifecycle.slots.service import put_into_service, take_out_of_service, why_out_of_service
from control.models import ControlEvent
from control.pages.answers import accepted, refused
from control.pages.inside import needs
from stations.models import Slot


@require_POST
@needs(Right.ENGINEER)
def out_of_service(request: HttpRequest, station: str, slot: str) -> HttpResponse:
    return _change(request, f"{station}/{slot}", take_out_of_service)


@require_POST
@needs(Right.ENGINEER)
def in_service(request: HttpRequest, station: str, slot: str) -> HttpResponse:
    return _change(request, f"{station}/{slot}", put_into_service)


def _change(request: HttpRequest, name: str, change: Callable[..., Slot]) -> HttpResponse:
    """A form of the admin leads back there; which one it was is all that it says."""
    from_admin = request.POST.get("from") == "admin"
    then = reverse("admin:stations_slot_change", args=[quote(name)]) if from_admin else reverse("control:overview")
    actor = actor_of(request.user, ControlEvent.Face.ADMIN if from_admin else ControlEvent.Face.PAGE)
    try:
        found = change(name, by=actor, reason=request.POST.get("reason", "").strip() or USER_REQUEST)
    except Refused as error:
        return refused(request, error, then)
    return accepted(request, why_out_of_service(found) or _("Slot %(slot)s is in service.") % {"slot": name}, then)
