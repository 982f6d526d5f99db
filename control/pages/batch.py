"""The page of one batch: header and provenance from here, everything that lives from its story by one reducer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from control.access.rights import Right, rights_of
from control.history.batch_story import read_batch_story
from control.history.facts import Facts
from control.lifecycle.refusals import no_batch
from control.models import Batch
from control.pages.answers import problem
from control.pages.asking import ANSWER
from control.pages.batch_dialogs import dialogs_of, offered_controls
from control.pages.batch_items import items_of_page
from control.pages.batch_words import batch_words, priority_word
from control.pages.controls import EMERGENCY_STOP
from control.pages.inside import draw, needs
from control.pages.provenance import provenance_of
from control.pages.relatives import followers_of, nearest_comparisons, origin_of
from control.pages.settings_form import SettingsForm
from control.pages.shell import ANY_BATCH
from control.pages.words import labels
from control.states import Control, State, StepOutcome, settle
from stations.contracts import Ending, Verdict


@require_safe
@needs(Right.SEE)
def batch_page(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    row = Batch.objects.select_related("origin", "slot", "dataset", "target_dataset").filter(pk=batch_id).first()
    story = read_batch_story(batch_id, timezone.now())
    if row is None or story is None:
        unknown = _("No such batch")
        return draw(request, "control/batch_unknown.html", unknown, status=404, sentence=str(no_batch(batch_id)))
    facts, form = story["batch"], SettingsForm(row)
    allowed = offered_controls(rights_of(request.user), form, row)
    state = State(facts["state"])
    may_answer = Right.OPERATE in rights_of(request.user)
    units = {**{name: declared.get("unit", "") for name, declared in form.schema.items()}, **row.units}
    data = {
        "endings": ending_rules(),
        "allowed": allowed,
        "units": units,
        "story": reverse("control:batch_story", args=[batch_id]),
        "dialogs": reverse("control:batch_dialogs", args=[batch_id]),
        "attachment": reverse("control:attachment", args=[batch_id, ANY_BATCH]).replace(str(ANY_BATCH), "{attachment}"),
        "prompts": _prompts(batch_id, may_answer=may_answer),
    }
    return draw(
        request,
        "control/batch.html",
        facts["name"],
        story=story,
        page_data=data,
        page_words=batch_words(),
        batch=facts,
        state_word=state.label,
        outcome_word="" if facts["outcome"] == StepOutcome.NONE else StepOutcome(facts["outcome"]).label,
        trigger_word=Batch.Trigger(facts["trigger"]).label,
        priority_word=priority_word(facts["priority"]),
        percent=None if facts["ended_at"] and facts["state"] != State.COMPLETED else int(100 * facts["progress"]),
        prompt=story["prompt"],
        may_answer=may_answer,
        answer_address=_prompts(batch_id, may_answer=True)["answer"],
        prompt_picture=_picture(batch_id, (story["prompt"] or {}).get("prompt", "")),
        controls=_buttons(batch_id, allowed, state),
        links=_links(facts),
        slot_address=_slot_address(row),
        origin=origin_of(row),
        datasets=_datasets(facts, story["provenance"]),
        followers=followers_of(row),
        **items_of_page(request, row),
        comparable=nearest_comparisons(row),
        **dialogs_of(row, allowed, form),
        **provenance_of(story["provenance"], units),
    )


@require_safe
@needs(Right.SEE)
def batch_story(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The rows alone, for the page's own script. Not at the page's address: a browser going back would show them."""
    story = read_batch_story(batch_id, timezone.now())
    return problem(404, str(no_batch(batch_id))) if story is None else JsonResponse(story)


def ending_rules() -> dict[str, tuple[str, str, str]]:
    """How a story ends, for the reducer: by why the run was over, or by the verdict of a run that finished."""
    forced = {ending.value: settle(ending, None) for ending in Ending if ending is not Ending.FINISHED}
    verdicts = {word: settle(Ending.FINISHED, _verdict(word)) for word in ("completed", "failed", "stopped")}
    return {
        word: (state.value, outcome.value, unfinished.value)
        for word, (state, outcome, unfinished) in {**forced, **verdicts}.items()
    }


def _verdict(ending: Any) -> Verdict:
    return Verdict(ending=ending, outcome="NONE", message="", cause=None, marginal=False, result=None)


def _prompts(batch_id: UUID, *, may_answer: bool) -> dict[str, str]:
    """Where the page's script finds pictures and leaves answers, the latter for those who may."""
    answer = reverse("control:control", kwargs={"batch_id": batch_id, "word": ANSWER}) if may_answer else ""
    return {"answer": answer, "picture": _picture(batch_id, "{prompt}")}


def _picture(batch_id: UUID, prompt: str) -> str:
    """Pages know the API by address alone."""
    return f"/api/control/batches/{batch_id}/prompts/{prompt}/image/"


# Words that stand in the menu beside the buttons, and those that a dialog asks about first.
IN_MENU = (Control.SKIP, Control.SETTINGS, Control.RESTART)
WITH_DIALOG = (*IN_MENU, Control.RERUN)


def _buttons(batch_id: UUID, allowed: dict[str, list[str]], state: State) -> dict[str, Any]:
    """Every control that this user may ever use here; those that the state does not take now are hidden."""
    names = {**labels(Control), EMERGENCY_STOP: _("Emergency stop")}
    possible = {word for words in allowed.values() for word in words}
    buttons = [
        {
            "word": word,
            "label": label,
            "address": reverse("control:control", kwargs={"batch_id": batch_id, "word": word}),
            "dialog": f"{word}-dialog" if word in WITH_DIALOG else "",
            "shown": word in allowed[state],
        }
        for word, label in names.items()
        if word in possible
    ]
    menu = [button for button in buttons if button["word"] in IN_MENU]
    return {
        "row": [button for button in buttons if button not in menu],
        "menu": menu,
        "menu_shown": any(button["shown"] for button in menu),
        "shown": any(button["shown"] for button in buttons),
    }


def _slot_address(batch: Batch) -> str:
    """Where its instruments are driven by hand; empty for one without."""
    if batch.slot is None or not batch.slot.instruments:
        return ""
    return reverse("control:slot", args=batch.slot_id.split("/"))


def _datasets(facts: Facts, provenance: Facts) -> list[dict[str, str]]:
    """What it works on, each with its page, where there is one."""
    labels = {"dataset": _("Dataset"), "target_dataset": _("Compared with")}
    return [
        {"label": label, "name": provenance[f"{role}_name"], "address": _page_of_dataset(facts[role])}
        for role, label in labels.items()
        if facts[role]
    ]


def _page_of_dataset(dataset_id: str) -> str:
    try:
        return reverse("control:dataset", args=[dataset_id])
    except NoReverseMatch:
        return ""


def _links(facts: Facts) -> dict[str, str]:
    """Where the complete rows are. Pages know the admin and the API by address alone."""
    batch = facts["id"]
    lists = {
        "steps": "step",
        "measurements": "measurement",
        "attachments": "attachment",
        "events": "event",
        "errors": "errorlog",
    }
    api = f"/api/control/batches/{batch}/"
    return {
        **{name: _admin(f"{model}_changelist", batch=batch) for name, model in lists.items()},
        "controls": _admin("controlevent_changelist", batch=batch),
        "row": _admin("batch_change", batch),
        "api": api,
        "api_events": f"{api}events/",
    }


def _admin(name: str, *args: str, **filters: str) -> str:
    """An address of the admin; empty for what is not registered there."""
    try:
        address = reverse(f"admin:control_{name}", args=args)
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode(filters)}" if filters else address
