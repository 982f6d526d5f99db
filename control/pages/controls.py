"""Steering a batch from a page, every control of it; and lifting an emergency stop."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from control.access.faces import actor_of
from control.access.rights import RIGHT_FOR, Right, may
from control.history.facts import batch_facts
from control.lifecycle.actor import USER_REQUEST, Actor
from control.lifecycle.refusals import Refused
from control.lifecycle.safety.guards_said import after_making_safe, after_reset, after_stop, reset_verdict, stop_verdict
from control.lifecycle.safety.making_safe import make_safe
from control.lifecycle.safety.press import emergency_stop_batch, reset
from control.models import Batch, ControlEvent
from control.pages.answers import accepted, refused, wants_json
from control.pages.asking import ANSWER, ASKS, KEEP, RELEASE, ask
from control.pages.inside import needs
from control.states import Control, State

EMERGENCY_STOP = "emergency-stop"
WORDS = (*ASKS, EMERGENCY_STOP)
RIGHT_OF: dict[str, Right] = {
    **{word.value: right for word, right in RIGHT_FOR.items()},
    **dict.fromkeys((ANSWER, KEEP, RELEASE), Right.OPERATE),
    EMERGENCY_STOP: Right.EMERGENCY_STOP,
}


@require_POST
def control(request: HttpRequest, batch_id: UUID, word: str) -> HttpResponse:
    """Ask something of a batch. Which right that takes is in the one table of rights."""
    return needs(RIGHT_OF[word])(_control)(request, batch_id, word)


def _control(request: HttpRequest, batch_id: UUID, word: str) -> HttpResponse:
    then = reverse("control:batch", args=[batch_id])
    actor = actor_of(request.user, ControlEvent.Face.PAGE)
    reason = request.POST.get("reason", "").strip() or USER_REQUEST
    try:
        if word == EMERGENCY_STOP:
            return _emergency_stop(request, batch_id, actor, reason, then)
        batch = ask(word, batch_id, request.POST, by=actor, reason=reason)
    except Refused as error:
        return refused(request, error, then)
    if batch.pk != batch_id:
        return _followed(request, word, batch)
    return accepted(request, _sentence(word, batch), then, batch=batch_facts(batch, timezone.now()))


def _followed(request: HttpRequest, word: str, batch: Batch) -> HttpResponse:
    """A new batch was made, and whoever asked is led to it. What is said waits there, for scripts too."""
    sentence = _("%(name)s is queued.")
    if word == Control.RESTART:
        sentence = _("%(name)s is queued. It begins when the teardown of the one before it is over.")
    sentence %= {"name": batch.name}
    then = reverse("control:batch", args=[batch.pk])
    if wants_json(request):
        messages.success(request, sentence)
    return accepted(request, sentence, then, batch=batch_facts(batch, timezone.now()), next=then)


def _emergency_stop(request: HttpRequest, batch_id: UUID, actor: Actor, reason: str, then: str) -> HttpResponse:
    """With what the guard of its slot answered: whether the outputs are known to be off. Raises Refused."""
    stopped = emergency_stop_batch(batch_id, by=actor, reason=reason)
    batch, pressed = stopped.batch, stopped.pressed
    facts = batch_facts(batch, timezone.now())
    if pressed is None:
        return accepted(request, _sentence(EMERGENCY_STOP, batch), then, batch=facts)
    if pressed.answers:
        [line] = after_stop(pressed.answers)
        values = {"name": batch.name, "slot": line["slot"], "proof": line["sentence"]}
        sentence = _("Emergency stop of %(name)s, %(slot)s is latched: %(proof)s") % values
    else:
        sentence = stop_verdict(pressed.latch["scope"], pressed.answers, recorded=stopped.recorded)
    return accepted(request, sentence, then, sure=pressed.confirmed, batch=facts, confirmed=pressed.confirmed)


def _sentence(word: str, batch: Batch) -> str:
    """What happens now, for whoever pressed."""
    sentences = {
        Control.PAUSE: _("%(name)s pauses at its next boundary."),
        Control.RESUME: _("%(name)s goes on."),
        Control.STOP: _("%(name)s stops; its teardown runs."),
        Control.SKIP: _("%(name)s skips the step, from its next boundary on."),
        Control.SETTINGS: _("%(name)s takes the new settings over at its next boundary."),
        ANSWER: _("%(name)s gets the answer."),
        KEEP: _("%(name)s is kept: it will not be pruned."),
        RELEASE: _("%(name)s is kept no longer."),
    }
    if word not in (KEEP, RELEASE) and batch.state in (State.STOPPED, State.ABORTED):
        return _("%(name)s has been stopped before it began.") % {"name": batch.name}
    return sentences[word] % {"name": batch.name}


@require_POST
@needs(Right.RESET)
def reset_scope(request: HttpRequest) -> HttpResponse:
    """Lift the emergency stop of a slot, a station or all; an engineer's reset also clears what was not confirmed."""
    then = reverse("control:overview")
    scope = request.POST.get("scope", "").strip()
    actor = actor_of(request.user, ControlEvent.Face.PAGE)
    try:
        reason, clears = request.POST.get("reason", "").strip(), may(request.user, Right.ENGINEER)
        answers = reset(scope, by=actor, reason=reason, clears=clears)
    except Refused as error:
        return refused(request, error, then)
    slots = after_reset(answers)
    sure = all(line["confirmed"] for line in slots)
    return accepted(request, reset_verdict(scope, answers), then, sure=sure, slots=slots)


@require_POST
@needs(Right.OPERATE)
def make_slot_safe(request: HttpRequest, station: str, slot: str) -> HttpResponse:
    """Bring an idle slot into its safe state now, and say what proves it. Asks nothing."""
    from_slot = request.POST.get("from") == "slot"
    then = reverse("control:slot", args=[station, slot]) if from_slot else reverse("control:overview")
    actor = actor_of(request.user, ControlEvent.Face.PAGE)
    try:
        made = make_safe(f"{station}/{slot}", by=actor, reason=request.POST.get("reason", "").strip())
    except Refused as error:
        return refused(request, error, then)
    [line] = after_making_safe(made.answers)
    sentence = f"{line['slot']}: {line['sentence']}"
    sure = line["confirmed"]
    return accepted(request, sentence, then, sure=sure, good=sure, confirmed=sure)
