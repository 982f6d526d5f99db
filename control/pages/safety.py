"""The emergency stop button of every page: the guards first, without session and database; the record afterwards."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from control.access.faces import actor_of
from control.access.page_token import read_page_token
from control.access.rights import Right, may
from control.lifecycle.actor import USER_REQUEST, Actor
from control.lifecycle.refusals import Refused
from control.lifecycle.safety.guards_said import after_stop, record_note, stop_verdict
from control.lifecycle.safety.press import press_emergency_stop
from control.lifecycle.safety.scopes import find_scope, scope_here
from control.models import ControlEvent
from control.pages.answers import wants_json
from control.pages.inside import needs


@csrf_exempt  # the signed token is the proof; without it, the session counts and CSRF is checked below
@require_POST
def emergency_stop(request: HttpRequest) -> HttpResponse:
    """Stop and latch a scope, by default what the button says. Asks nothing and is never refused for its reason."""
    signed = read_page_token(request.POST.get("token", ""))
    if signed is None:
        return _with_session(request)
    user = get_user_model()(pk=signed[0], username=signed[1])  # not looked up: the database may be away
    return _press(request, Actor(signed[1][:150], ControlEvent.Face.PAGE, user))


@csrf_protect
def _with_session(request: HttpRequest) -> HttpResponse:
    if not may(request.user, Right.EMERGENCY_STOP):
        raise PermissionDenied
    return _press(request, actor_of(request.user, ControlEvent.Face.PAGE))


@require_safe
@needs(Right.SEE)
def unsafe_banner(request: HttpRequest) -> HttpResponse:
    """What every page shows of slots that are not known to be safe, drawn anew."""
    return TemplateResponse(request, "control/unsafe_banner.html")


def _press(request: HttpRequest, actor: Actor) -> HttpResponse:
    scope = _scope_asked(request.POST.get("scope", "").strip())
    reason = request.POST.get("reason", "").strip() or USER_REQUEST
    pressed = press_emergency_stop(scope, by=actor, reason=reason)
    recorded = pressed.record_soon()
    context = {
        "scope": scope,
        "confirmed": pressed.confirmed,
        "slots": after_stop(pressed.answers),
        "message": stop_verdict(scope, pressed.answers, recorded=recorded),
        "recorded": recorded,
        "record_message": record_note(pressed.answers, recorded=recorded),
        "next": _("When it is safe, reset it on the overview, with a reason. Nothing starts until then."),
    }
    if wants_json(request):
        return JsonResponse(context)
    page = {"title": context["message"], "tone": "good" if pressed.confirmed else "bad"}
    return HttpResponse(loader.render_to_string("control/emergency_stopped.html", {**context, **page}))


def _scope_asked(name: str) -> str:
    """Whoever presses wants something stopped: a name that stands for nothing stops what the button says."""
    try:
        return find_scope(name) if name else scope_here()
    except (Refused, Error):
        return scope_here()
