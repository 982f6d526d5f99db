"""Comparing two runs: choosing the other one, seeing both side by side, and taking the comparison along as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from control.access.rights import Right
from control.history.comparable import Near, nearest_runs, newest_runs, runs_named
from control.history.compared_steps import View, compare_steps
from control.history.comparison import compare_batches, find_both
from control.history.facts import Facts
from control.lifecycle.finding import find_batch
from control.lifecycle.refusals import BadValue, NotFound, UnknownName
from control.models import Batch
from control.pages.comparison_file import FILES
from control.pages.comparison_rows import head_of, run_level_rows, step_rows
from control.pages.inside import draw, needs
from control.states import State, StepOutcome

LONGEST_SEARCH = 200
LARGEST = 2**31 - 1


@require_safe
@needs(Right.SEE)
def choose_run(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """The runs near to a batch, and a search. An id that is searched leads straight to the comparison."""
    try:
        batch = find_batch(batch_id)
    except NotFound as error:
        return _unknown(request, error)
    text = request.GET.get("with", "").strip()[:LONGEST_SEARCH]
    found = runs_named(text, besides=batch) if text else []
    if len(found) == 1 and str(found[0].pk) == text.lower():
        return HttpResponseRedirect(comparison_address(batch.pk, found[0].pk))
    nearest = nearest_runs(batch)
    known = {near.batch.pk for near in nearest}
    return draw(
        request,
        "control/choose_comparison.html",
        _("Compare %(name)s") % {"name": batch.name},
        batch=batch,
        text=text,
        itself=text.lower() == str(batch.pk),
        found=[_choice(batch, other) for other in found],
        nearest=[{**_choice(batch, near.batch), "why": _near_words()[near.near]} for near in nearest],
        newest=[_choice(batch, other) for other in newest_runs(batch) if other.pk not in known],
    )


@require_safe
@needs(Right.SEE)
def comparison(request: HttpRequest, batch_id: UUID, other: UUID) -> HttpResponse:
    """A run beside another one. A step that neither has is told above all of them."""
    try:
        a, b = find_both(batch_id, other)
    except BadValue:
        return HttpResponseRedirect(f"{reverse('control:choose_comparison', args=[batch_id])}?with={other}")
    except NotFound as error:
        return _unknown(request, error)
    view, refusal = _view(request), ""
    try:
        steps = compare_steps(a, b, view)
    except UnknownName as error:
        view, refusal = View(only_differences=view.only_differences), str(error)
        steps = compare_steps(a, b, view)
    return draw(
        request,
        "control/comparison.html",
        _("Comparison"),
        status=400 if refusal else 200,
        refusal=refusal,
        **_shown(a, b, view, steps),
    )


def _shown(a: Batch, b: Batch, view: View, steps: Facts) -> dict[str, Any]:
    facts = compare_batches(a, b, timezone.now())
    here = comparison_address(a.pk, b.pk)
    rows = [step_rows(step) for step in steps["results"]]
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        last = following is None or following["name"] != row["name"]
        cut = not view.step and not view.only_differences and row["planned"] > row["number"]
        row["others"] = row["planned"] if last and cut else 0
        row["alone"] = f"{here}?{_query(view, step=row['name'])}"
        row["whole"] = f"{here}?{_query(view, step=row['name'], repetition=row['repetition'])}"
    return {
        "a": head_of(facts["a"]),
        "b": head_of(facts["b"]),
        "facts": facts,
        "tables": [] if view.step else run_level_rows(facts, only_differences=view.only_differences),
        "steps": steps,
        "last": steps["first"] + steps["looked_at"],
        "rows": rows,
        "view": view,
        "links": _links(a, b, view, steps),
        "files": _files(a, b, view),
    }


def _links(a: Batch, b: Batch, view: View, steps: Facts) -> dict[str, str]:
    here, query = comparison_address(a.pk, b.pk), _query(view)
    beyond = _query(view, first=steps["next"]) if steps["next"] else ""
    return {
        "swapped": f"{comparison_address(b.pk, a.pk)}?{query}",
        "everything": f"{here}?{_query(view, only=None)}",
        "differences": f"{here}?{_query(view, only='differences')}",
        "all_steps": f"{here}?{_query(view, step=None, repetition=None)}",
        "begin": f"{here}?{query}" if view.first else "",
        "next": f"{here}?{beyond}" if beyond else "",
        "choose": reverse("control:choose_comparison", args=[a.pk]),
        "api": reverse("api:compare", args=[a.pk, b.pk]),
    }


def _files(a: Batch, b: Batch, view: View) -> list[dict[str, str]]:
    addresses = {kind: reverse("control:comparison_file", args=[a.pk, b.pk, kind]) for kind in FILES}
    return [{"kind": kind.upper(), "address": f"{path}?{_query(view)}"} for kind, path in addresses.items()]


@require_safe
@needs(Right.SEE)
def comparison_file(request: HttpRequest, batch_id: UUID, other: UUID, kind: str) -> HttpResponse:
    """The comparison as a file of one of the kinds, as its page is narrowed; it names where a long one goes on."""
    if kind not in FILES:
        raise Http404
    try:
        a, b = find_both(batch_id, other)
        content, media_type = FILES[kind](a, b, _view(request), request.build_absolute_uri(request.path))
    except (BadValue, UnknownName, NotFound) as error:
        return _unknown(request, error)
    name = f"comparison-{str(a.pk)[-12:]}-{str(b.pk)[-12:]}.{kind}"
    return HttpResponse(content, media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def comparison_address(a: UUID, b: UUID) -> str:
    return reverse("control:comparison", args=[a, b])


def _view(request: HttpRequest) -> View:
    """What an address asks for; whatever is no number counts as not given."""
    given = request.GET
    step = given.get("step", "")
    return View(
        only_differences=given.get("only") == "differences",
        step=step,
        repetition=_number(given.get("repetition", "")) if step else None,
        first=_number(given.get("first", "")) or 0,
    )


def _number(text: str) -> int | None:
    return min(int(text), LARGEST) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def _query(view: View, **changes: Any) -> str:
    """The part of an address that asks for a view. It begins with its first page unless `first` is given."""
    asked = {
        "only": "differences" if view.only_differences else None,
        "step": view.step or None,
        "repetition": view.repetition,
        **changes,
    }
    return urlencode({name: value for name, value in asked.items() if value is not None})


def _unknown(request: HttpRequest, refused: Exception) -> HttpResponse:
    return draw(request, "control/batch_unknown.html", _("No such batch"), status=404, sentence=str(refused))


def _near_words() -> dict[Near, str]:
    return {
        Near.ORIGIN: _("The run that it comes from"),
        Near.SAME_PLACE: _("The run before, on the same slot"),
        Near.SAME_SUBJECT: _("The run before, of the same subject"),
    }


def _choice(batch: Batch, other: Batch) -> dict[str, Any]:
    judged = other.outcome != StepOutcome.NONE
    return {
        "batch": other,
        "address": comparison_address(batch.pk, other.pk),
        "badge": other.outcome if judged else other.state,
        "word": StepOutcome(other.outcome).label if judged else State(other.state).label,
    }
