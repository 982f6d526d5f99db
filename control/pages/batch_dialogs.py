"""The dialogs of a batch's page: what they offer depends on its plan, and on the settings that hold now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from control.access.rights import Right, rights_of
from control.history.sequences import content_notice
from control.lifecycle.follow import Mode
from control.lifecycle.packages import MANUAL_CONTROL, known_package
from control.lifecycle.steps_ahead import MAIN
from control.models import Batch
from control.pages.allowed_controls import allowed_controls
from control.pages.asking import ASKS
from control.pages.inside import needs
from control.pages.settings_form import SettingsForm
from control.states import Control, State
from sequences.catalogue import Package

STEPS_OFFERED = 300


@require_safe
@needs(Right.SEE)
def batch_dialogs(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The dialogs alone, as they are now: the page's script opens none that is old."""
    batch = Batch.objects.filter(pk=batch_id).select_related("slot").first()
    if batch is None:
        raise Http404
    form = SettingsForm(batch)
    allowed = offered_controls(rights_of(request.user), form, batch)
    return render(request, "control/batch_dialogs.html", dialogs_of(batch, allowed, form))


def offered_controls(rights: frozenset[Right], form: SettingsForm, batch: Batch) -> dict[str, list[str]]:
    """What a user may ask of this batch in each state: settings only where it has any, of a manual session a stop."""
    if batch.sequence == MANUAL_CONTROL:
        return allowed_controls(rights, (Control.STOP,))
    allowed = allowed_controls(rights)
    if form.fields:
        return allowed
    return {state: [word for word in words if word != "settings"] for state, words in allowed.items()}


def dialogs_of(batch: Batch, allowed: dict[str, list[str]], form: SettingsForm) -> dict[str, Any]:
    """The context of `batch_dialogs.html`. What its state does not allow is offered too, while it may come to it."""
    state = State(batch.state)
    coming = [state.value] if batch.ended_at else list(allowed)
    offered = {word for each in coming for word in allowed[each]}
    steps = _steps(batch)
    package = known_package(batch.sequence)
    return {
        "offered": offered,
        "goes_on": any("resume" in allowed[each] for each in coming if each in (State.STOPPED, State.CRASHED)),
        "addresses": {word: reverse("control:control", kwargs={"batch_id": batch.pk, "word": word}) for word in ASKS},
        "again": _form_like(batch, package),
        "powers": batch.slot is not None and bool(batch.slot.instruments),
        "modes": {mode.name: mode.value for mode in Mode},
        "steps": steps,
        "can_begin_later": any(step["resumable"] for step in steps),
        "settings_form": form,
        "content_notice": content_notice(batch),
        "in_catalogue": package is not None,
    }


def _form_like(batch: Batch, package: Package | None) -> str:
    """The form that begins with its values; nothing while the catalogue has nothing that could run with them."""
    if package is None or package.problems:
        return ""
    return f"{reverse('control:new_batch')}?like={batch.pk}"


def _steps(batch: Batch) -> list[dict[str, Any]]:
    """The main steps of its plan, by which a repetition may begin."""
    return [
        {"index": planned["index"], "name": planned["name"], "resumable": bool(planned.get("resumable"))}
        for planned in batch.plan
        if planned["group"] == MAIN
    ][:STEPS_OFFERED]
