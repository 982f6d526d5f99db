"""Steering a batch from a page: pause, resume, stop, emergency stop; and lifting an emergency stop."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from control.access.faces import actor_of
from control.access.rights import RIGHT_FOR, Right
from control.history.facts import Facts, batch_facts
from control.lifecycle.actor import USER_REQUEST
from control.lifecycle.press import emergency_stop_batch, reset
from control.lifecycle.refusals import Refused
from control.lifecycle.steer import pause_batch, resume_batch, stop_batch
from control.models import Batch, ControlEvent
from control.pages.answers import accepted, refused
from control.pages.guard_words import reset_sentences, stop_sentences
from control.pages.inside import needs
from control.states import Control, State
from stations.safety import client

EMERGENCY_STOP = "emergency-stop"
STEER = {
    Control.PAUSE: pause_batch,
    Control.RESUME: resume_batch,
    Control.STOP: stop_batch,
    EMERGENCY_STOP: emergency_stop_batch,
}


@require_POST
def control(request: HttpRequest, batch_id: UUID, word: str) -> HttpResponse:
    """Ask something of a batch. Which right that takes is in the one table of rights."""
    right = Right.EMERGENCY_STOP if word == EMERGENCY_STOP else RIGHT_FOR[Control(word)]
    return needs(right)(_control)(request, batch_id, word)


def _control(request: HttpRequest, batch_id: UUID, word: str) -> HttpResponse:
    then = reverse("control:batch", args=[batch_id])
    actor = actor_of(request.user, ControlEvent.Face.PAGE)
    reason = request.POST.get("reason", "").strip() or USER_REQUEST
    try:
        batch = STEER[word](batch_id, by=actor, reason=reason)
    except Refused as error:
        return refused(request, error, then)
    facts = batch_facts(batch, timezone.now())
    if word == EMERGENCY_STOP and batch.slot_id is not None:
        return _tell_proof(request, batch, then, facts)
    return accepted(request, _sentence(word, batch), then, batch=facts)


def _tell_proof(request: HttpRequest, batch: Batch, then: str, facts: Facts) -> HttpResponse:
    """What the guard of the slot says now: whether its outputs are known to be off."""
    silent = _("no guard of it answers on this host")
    answer = client.status(settings.STATION_PATHS, batch.slot_id) or silent
    [proof] = stop_sentences({batch.slot_id: answer})
    values = {"name": batch.name, "slot": batch.slot_id, "proof": proof["sentence"]}
    sentence = _("Emergency stop of %(name)s, %(slot)s is latched. %(proof)s") % values
    return accepted(request, sentence, then, sure=proof["confirmed"], batch=facts, confirmed=proof["confirmed"])


def _sentence(word: str, batch: Batch) -> str:
    """What happens now, for whoever pressed."""
    if batch.state in (State.STOPPED, State.ABORTED):
        return _("%(name)s has been stopped before it began.") % {"name": batch.name}
    sentences = {
        Control.PAUSE: _("%(name)s pauses at its next boundary."),
        Control.RESUME: _("%(name)s goes on."),
        Control.STOP: _("%(name)s stops; its teardown runs."),
    }
    return sentences[word] % {"name": batch.name}


@require_POST
@needs(Right.RESET)
def reset_scope(request: HttpRequest) -> HttpResponse:
    """Lift the emergency stop of a slot, a station or all. Starts nothing."""
    then = reverse("control:overview")
    scope = request.POST.get("scope", "").strip()
    actor = actor_of(request.user, ControlEvent.Face.PAGE)
    try:
        answers = reset(scope, by=actor, reason=request.POST.get("reason", "").strip())
    except Refused as error:
        return refused(request, error, then)
    sentence = _("The emergency stop of %(scope)s is lifted.") % {"scope": scope}
    return accepted(request, sentence, then, slots=reset_sentences(answers))
