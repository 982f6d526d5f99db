"""Starting a batch: choose a sequence, then its slot and its parameters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from control.access.faces import actor_of
from control.access.rights import Right
from control.history.facts import Facts
from control.history.slots import read_slots
from control.lifecycle.packages import known_packages
from control.lifecycle.refusals import BadValue, Refused, UnknownName
from control.lifecycle.sequences import disabled_sentence
from control.lifecycle.submit import Order, submit
from control.models import Batch, ControlEvent, Sequence
from control.pages.inside import draw, needs
from control.pages.submit_form import PREFIX, SubmitForm
from control.states import SlotState
from sequences.catalogue import Package
from stations.models import Slot


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.OPERATE)
def new_batch(request: HttpRequest) -> HttpResponse:
    """Without `sequence` a choice of all; with it the form, and after that form the page of the new batch.

    `like`: an old batch; the form begins with what that one was given.
    """
    packages = known_packages()
    old = _old_batch(request.GET.get("like", ""))
    asked = old.sequence if old else request.GET.get("sequence", "")
    name = request.POST.get("sequence") or asked
    chosen = packages.get(name)
    disabled = {row.name: disabled_sentence(row) for row in Sequence.objects.filter(enabled=False)}
    if chosen is None or chosen.problems or name in disabled:
        refusal = UnknownName("sequence", name, packages) if name and chosen is None else disabled.get(name, "")
        choices = [{"package": package, "disabled": disabled.get(package.name)} for package in packages.values()]
        return draw(request, "control/choose_sequence.html", _("New batch"), choices=choices, refusal=refusal)
    places = fitting_places(chosen)
    if request.method != "POST":
        form = SubmitForm(chosen.manifest, initial=_as_before(old, places) if old else {"slot": ""})
        return _form_page(request, chosen, form, places)
    form = SubmitForm(chosen.manifest, request.POST)
    if form.is_valid():
        batch = _submit(request, chosen, form, {place["id"] for place in places})
        if batch is not None:
            return HttpResponseRedirect(reverse("control:batch", args=[batch.pk]))
    return _form_page(request, chosen, form, places, status=400)


def _old_batch(text: str) -> Batch | None:
    try:
        return Batch.objects.filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _as_before(old: Batch, places: list[Facts]) -> dict[str, Any]:
    """What a form begins with to run a batch again; on its slot only while that one takes work."""
    free = {place["id"] for place in places if place["takes_work"]}
    parameters = {PREFIX + name: value for name, value in old.parameters.items()}
    return {"subject": old.subject, "slot": old.slot_id if old.slot_id in free else "", **parameters}


def _submit(request: HttpRequest, chosen: Package, form: SubmitForm, fitting: set[str]) -> Batch | None:
    """The new batch; None when it was refused, and then the form says why, beside the field where that is known."""
    order = Order(
        sequence=chosen.name,
        slot=form.cleaned_data["slot"] or None,
        name=form.cleaned_data["name"],
        subject=form.cleaned_data["subject"],
        parameters=form.parameters,
        priority=Batch.Priority(form.cleaned_data["priority"]),
    )
    try:
        return submit(order, by=actor_of(request.user, ControlEvent.Face.PAGE), trigger=Batch.Trigger.MANUAL)
    except Refused as error:
        about_slot = not isinstance(error, BadValue) or not fitting or order.slot not in {None, *fitting}
        form.add_error("slot" if about_slot else None, str(error))
    return None


def _form_page(
    request: HttpRequest, chosen: Package, form: SubmitForm, places: list[Facts], status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"package": chosen, "form": form, "places": places, "slot": form["slot"].value() or ""}
    return draw(request, "control/new_batch.html", chosen.title, status=status, **context)


def fitting_places(package: Package) -> list[Facts]:
    """The slots whose instruments a sequence can use, or the lanes when it needs none, and whether they take work."""
    roles = package.manifest.instruments.keys()
    kind = Slot.Kind.SLOT if roles else Slot.Kind.LANE
    places = [slot for slot in read_slots(kind=kind) if roles <= slot["instruments"].keys()]
    for place in places:
        place["takes_work"] = place["latch"] is None and place["state"] != SlotState.OUT_OF_SERVICE
        place["state_label"] = SlotState(place["state"]).label
        place["powers"] = ", ".join(sorted(place["instruments"][role] for role in roles))
    return places
