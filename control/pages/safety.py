"""The emergency stop button of every page: the guards first, without session and database; the record afterwards."""

from __future__ import annotations

import re
import threading

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from control.access.faces import actor_of
from control.access.page_token import read_page_token
from control.access.rights import Right, may
from control.lifecycle.actor import USER_REQUEST, Actor
from control.lifecycle.press import Pressed, press_emergency_stop
from control.models import ControlEvent
from control.pages.answers import wants_json
from control.pages.guard_words import stop_sentences
from control.pages.shell import stop_scope

RECORD_WAIT_S = 1.0
SCOPE = re.compile(r"[\w.-]{1,60}(/[\w.-]{1,60})?")


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


def _press(request: HttpRequest, actor: Actor) -> HttpResponse:
    asked = request.POST.get("scope", "").strip()
    # A scope that is none stops what the button says: whoever presses wants something stopped.
    scope = asked if SCOPE.fullmatch(asked) else stop_scope()
    reason = request.POST.get("reason", "").strip() or USER_REQUEST
    pressed = press_emergency_stop(scope, by=actor, reason=reason)
    recorded = _record(pressed)
    context = {
        "scope": scope,
        "confirmed": pressed.confirmed,
        "slots": stop_sentences(pressed.answers),
        "message": _verdict(pressed),
        "recorded": recorded,
        "record_message": "" if recorded else _("It is not written down yet. That follows by itself."),
        "next": _("When it is safe, reset it on the overview, with a reason. Nothing starts until then."),
    }
    if wants_json(request):
        return JsonResponse(context)
    page = {"title": context["message"], "tone": "good" if pressed.confirmed else "bad"}
    return HttpResponse(loader.render_to_string("control/emergency_stopped.html", {**context, **page}))


def _verdict(pressed: Pressed) -> str:
    scope = {"scope": pressed.latch["scope"]}
    if pressed.confirmed:
        return _("Emergency stop of %(scope)s: the safe state is confirmed.") % scope
    if not pressed.answers:
        return _("Emergency stop of %(scope)s: NOT CONFIRMED. No guard of it runs on this host.") % scope
    return _("Emergency stop of %(scope)s: NOT CONFIRMED. Check the bench before anybody touches it.") % scope


def _record(pressed: Pressed) -> bool:
    """Write it down beside the answer, which never waits long for a database."""
    done: list[bool] = []

    def record() -> None:
        try:
            done.append(pressed.record())
        finally:
            connections.close_all()

    writer = threading.Thread(target=record, name="emergency-record", daemon=True)
    writer.start()
    writer.join(RECORD_WAIT_S)
    return done == [True]
