"""Starting a batch: choose a sequence, then its slot and its parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from control.access.faces import actor_of
from control.access.rights import Right
from control.history.facts import Facts
from control.history.slots import read_slots
from control.lifecycle.packages import known_packages
from control.lifecycle.refusals import BadValue, Refused, UnknownName
from control.lifecycle.sequences import disabled_sentence
from control.lifecycle.submit import Answer, Order, submit_once
from control.models import Batch, ControlEvent, Sequence
from control.pages.dataset_fields import NAMES, chosen_items, items_as_before
from control.pages.inside import draw, needs
from control.pages.parameter_fields import PREFIX
from control.pages.submit_form import SubmitForm
from control.states import SlotState
from sequences.catalogue import Package
from stations.models import Slot


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.OPERATE)
def new_batch(request: HttpRequest) -> HttpResponse:
    """Without `sequence` a choice of all; with it the form, and after that form the page of the new batch.

    `like`: an old batch; the form begins with what that one was given. `dataset` chooses one, `fresh` asks for it anew.
    """
    packages = known_packages()
    old = _old_batch(request.GET.get("like", ""))
    asked = old.sequence if old else request.GET.get("sequence", "")
    name = request.POST.get("sequence") or asked
    chosen = packages.get(name)
    disabled = {row.name: disabled_sentence(row) for row in Sequence.objects.filter(enabled=False)}
    if chosen is None or chosen.problems or name in disabled:
        refusal = disabled.get(name) or _refusal(name, chosen, packages)
        choices = [{"package": package, "disabled": disabled.get(package.name)} for package in packages.values()]
        # What can be started stands first.
        choices.sort(key=lambda choice: bool(choice["package"].problems or choice["disabled"]))
        about = {"choices": choices, "refusal": refusal, "name": name}
        return draw(request, "control/choose_sequence.html", _("New batch"), **about)
    places = fitting_places(chosen)
    if request.method != "POST":
        form = SubmitForm(
            chosen.manifest, initial=_asked_for(request.GET) | (_as_before(old, places) if old else {"slot": ""})
        )
        return _form_page(request, chosen, form, places, changed=_changed_since(old, chosen))
    if request.POST.get("sha256", chosen.sha256) != chosen.sha256:
        form = SubmitForm(chosen.manifest, initial=_as_typed(request.POST, chosen))
        return _form_page(request, chosen, form, places, status=409, changed=_changed_meanwhile(request.POST, chosen))
    form = SubmitForm(chosen.manifest, request.POST)
    if form.is_valid():
        answer = _submit(request, chosen, form, {place["id"] for place in places})
        if answer is not None:
            _tell_where_nothing_began(request, answer)
            return HttpResponseRedirect(reverse("control:batch", args=[answer.batch.pk]))
    return _form_page(request, chosen, form, places, status=400)


def _refusal(name: str, chosen: Package | None, packages: Mapping[str, Package]) -> UnknownName | str:
    """Why there is no form; nothing where nobody has named a sequence."""
    if chosen is not None:
        return _("Sequence '%(name)s' cannot run as it is now: see below. Nothing was started.") % {"name": name}
    return UnknownName("sequence", name, packages) if name else ""


def _changed_since(old: Batch | None, chosen: Package) -> list[str]:
    """What somebody has to know who begins with the values of an old run."""
    if old is None or old.sha256 == chosen.sha256:
        return []
    versions = {"old": old.version, "new": chosen.version}
    told = _("The sequence was changed since that run (version %(old)s, now %(new)s).") % versions
    return [told, *_other_parameters(old.parameters.keys(), chosen)]


def _changed_meanwhile(typed: QueryDict, chosen: Package) -> list[str]:
    told = _("The sequence was changed while this form was open. Nothing was started: look at the values once more.")
    return [told, *_other_parameters(typed.get("asked", "").split(), chosen)]


def _other_parameters(before: Collection[str], chosen: Package) -> list[str]:
    """Which parameters are new, and which are gone."""
    now = chosen.manifest.parameters.keys()
    new, gone = [name for name in now if name not in before], [name for name in before if name not in now]
    sentences = [(_("New parameters: %(names)s."), new), (_("Gone, with what was given for them: %(names)s."), gone)]
    return [sentence % {"names": ", ".join(names)} for sentence, names in sentences if names]


def _as_typed(typed: QueryDict, chosen: Package) -> dict[str, Any]:
    """What a form of another version held. A switch that is off sends nothing: it counts as off if it was there."""
    asked = typed.get("asked", "").split()
    kept: dict[str, Any] = {
        name: typed[name] for name in ("name", "subject", "priority", "slot", *NAMES) if name in typed
    }
    for name, declared in chosen.manifest.parameters.items():
        if PREFIX + name in typed:
            kept[PREFIX + name] = typed[PREFIX + name]
        elif name in asked and declared["type"] == "boolean":
            kept[PREFIX + name] = False
    return kept


def _old_batch(text: str) -> Batch | None:
    try:
        return Batch.objects.filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _as_before(old: Batch, places: list[Facts]) -> dict[str, Any]:
    """What a form begins with to run a batch again; on its slot only while that one takes work."""
    free = {place["id"] for place in places if place["takes_work"]}
    parameters = {PREFIX + name: value for name, value in old.parameters.items()}
    about = {"subject": old.subject, "slot": old.slot_id if old.slot_id in free else ""}
    return {**about, **items_as_before(old), **parameters}


def _submit(request: HttpRequest, chosen: Package, form: SubmitForm, fitting: set[str]) -> Answer | None:
    """The batch; None when it was refused, and then the form says why, beside the field where that is known."""
    order = Order(
        sequence=chosen.name,
        slot=form.cleaned_data["slot"] or None,
        name=form.cleaned_data["name"],
        subject=form.cleaned_data["subject"],
        parameters=form.parameters,
        priority=Batch.Priority(form.cleaned_data["priority"]),
        **chosen_items(form.cleaned_data),
    )
    try:
        return submit_once(order, by=actor_of(request.user, ControlEvent.Face.PAGE), trigger=Batch.Trigger.MANUAL)
    except Refused as error:
        if (field := getattr(error, "field", "")) in form.fields:
            form.add_error(field, str(error))
            return None
        about_slot = not isinstance(error, BadValue) or not fitting or order.slot not in {None, *fitting}
        form.add_error("slot" if about_slot else None, str(error))
    return None


def _tell_where_nothing_began(request: HttpRequest, answer: Answer) -> None:
    if answer.existing:
        messages.info(request, _("This is the batch that does it already. Nothing new was started."))
    elif answer.cached:
        sentence = _("This was done %(age)s ago with the same content, so nothing was started. {}") % {
            "age": timesince(answer.batch.ended_at)
        }
        afresh = f"{reverse('control:new_batch')}?like={answer.batch.pk}&fresh=1"
        messages.info(
            request,
            format_html(sentence, format_html('<a class="underline" href="{}">{}</a>', afresh, _("Do it afresh"))),
        )


def _asked_for(query: QueryDict) -> dict[str, Any]:
    """What a link to the form has chosen."""
    names = [name for name in NAMES if name in query]
    return {name: query[name] for name in names}


def _form_page(
    request: HttpRequest,
    chosen: Package,
    form: SubmitForm,
    places: list[Facts],
    status: int = 200,
    changed: Collection[str] = (),
) -> HttpResponse:
    """`changed`: sentences about what is not any more as it was when somebody chose the values."""
    context: dict[str, Any] = {"package": chosen, "form": form, "places": places, "slot": form["slot"].value() or ""}
    context["changed"] = changed
    return draw(request, "control/new_batch.html", chosen.title, status=status, **context)


def fitting_places(package: Package) -> list[Facts]:
    """The slots whose instruments a sequence can use, or the lanes when it needs none, and whether they take work."""
    roles = package.manifest.instruments.keys()
    kind = Slot.Kind.SLOT if roles else Slot.Kind.LANE
    places = [slot for slot in read_slots(kind=kind) if roles <= slot["instruments"].keys()]
    for place in places:
        held = place["out_of_service"]
        place["takes_work"] = place["latch"] is None and (held is None or held["why"] == "HEALTH")
        place["state_label"] = SlotState(place["state"]).label
        place["powers"] = ", ".join(sorted(place["instruments"][role] for role in roles))
    return places
