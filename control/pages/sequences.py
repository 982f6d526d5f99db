"""The catalogue: which sequences there are, what each of them takes and does, and whether it may be started."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from control.access.faces import actor_of
from control.access.rights import Right
from control.history.limits import limits_text
from control.history.sequences import (
    BUNDLED,
    COUNTED,
    decisions,
    last_batches,
    readme_of,
    source_of,
    versions_of,
)
from control.lifecycle.packages import known_package, known_packages
from control.lifecycle.refusals import Refused
from control.lifecycle.sequences import enable_sequence
from control.models import Batch, ControlEvent, Sequence
from control.pages.answers import accepted, refused
from control.pages.inside import draw, needs
from control.pages.submitting import fitting_places
from control.pages.values import value_text
from control.states import State, StepOutcome
from sequences.catalogue import Package
from sequences.items.options import AUTOMATIC
from sequences.outline import OutlinedStep, read_outline
from sequences.parameters import expected_value
from sequences.wording import quoted


@require_safe
@needs(Right.SEE)
def catalogue(request: HttpRequest) -> HttpResponse:
    """All sequences, or those in which the words of `q` stand somewhere."""
    text = request.GET.get("q", "").strip()
    packages = known_packages()
    found = [packages[name] for name in sorted(packages) if _is_meant(packages[name], text)]
    decided, last = decisions(), last_batches(package.name for package in found)
    rows = [
        {**_row(package, decided.get(package.name)), "last": _shown_batch(last.get(package.name))} for package in found
    ]
    return draw(request, "control/sequences.html", _("Sequences"), rows=rows, text=text, known=len(packages))


def _is_meant(package: Package, text: str) -> bool:
    said = f"{package.name} {package.title} {package.description} {package.manifest.kind} {package.wheel}".lower()
    return all(word in said for word in text.lower().split())


@require_safe
@needs(Right.SEE)
def sequence_page(request: HttpRequest, name: str) -> HttpResponse:
    package = known_package(name)
    if package is None:
        sentence = _("There is no sequence '%(name)s'.") % {"name": quoted(name)}
        return draw(request, "control/sequence_unknown.html", _("No such sequence"), status=404, sentence=sentence)
    row = _row(package, Sequence.objects.filter(pk=package.name).first())
    return draw(
        request,
        "control/sequence.html",
        package.title,
        **row,
        last=_shown_batch(last_batches([package.name]).get(package.name)),
        parameters=[
            {"name": name, "takes": expected_value(declared).said(_), "about": declared, "default": _default(declared)}
            for name, declared in package.manifest.parameters.items()
        ]
        if not package.problems
        else [],
        places=[] if package.problems else fitting_places(package),
        limits=[(name, limits_text(limit, limit.get("unit", ""))) for name, limit in package.manifest.limits.items()],
        # As lists: to a template, a role called "items" would hide the dictionary's own.
        instruments=list(package.manifest.instruments.items()),
        drivers=list(package.manifest.drivers.items()),
        work=[] if package.problems else _work(package),
        sections=_sections(package),
        versions=versions_of(package.name),
        counted=f"{COUNTED:,}",
        readme=readme_of(package),
    )


def _work(package: Package) -> list[str]:
    """Sentences about the datasets that it needs, and how often its work is done."""
    manifest, items = package.manifest, package.manifest.items
    told = []
    if manifest.needs:
        two = len(manifest.needs) > 1
        told.append(_("Compares two datasets.") if two else _("Works on a dataset."))
        size = _("Chunks of %(count)s items") % {"count": items.chunk_size}
        told.append(
            _("%(chunks)s; an item may take %(seconds)s, an image have %(pixels)s pixels, %(failed)s items fail.")
            % {
                "chunks": _("Chunks of a size that follows from the work") if items.chunk_size == AUTOMATIC else size,
                "seconds": value_text(items.timeout_s, "s"),
                "pixels": f"{items.max_pixels:,}",
                "failed": f"{manifest.max_failed_items:,}",
            }
        )
    if manifest.cacheable:
        told.append(_("What has been done or is being done is not done again, unless somebody wants it afresh."))
    elif manifest.unique:
        told.append(_("What is being done is not done a second time beside it."))
    if manifest.concurrent:
        told.append(_("At most %(count)s of it run at a time on each station.") % {"count": manifest.concurrent})
    return told


def _default(declared: dict[str, Any]) -> str | None:
    """What holds when nothing is given, as people write it; None where something must be given."""
    return value_text(declared["default"], declared.get("unit", "")) if "default" in declared else None


def _row(package: Package, decided: Sequence | None) -> dict[str, Any]:
    bundled = source_of(package) == BUNDLED
    return {
        "package": package,
        "enabled": decided is None or decided.enabled,
        "decided": decided,
        "place": _("Comes with Gwanje") if bundled else package.wheel or str(package.path.parent),
    }


def _shown_batch(batch: Batch | None) -> dict[str, Any] | None:
    if batch is None:
        return None
    ended = batch.outcome != StepOutcome.NONE
    return {
        "row": batch,
        "badge": batch.outcome if ended else batch.state,
        "word": StepOutcome(batch.outcome).label if ended else State(batch.state).label,
    }


def _sections(package: Package) -> list[dict[str, Any]]:
    """The steps as they run: of a nested group all of them, its own setup and teardown too, stand in main."""
    titles = {"setup": _("Setup"), "main": _("Main"), "teardown": _("Teardown")}
    steps = read_outline(package.path)
    sections = [
        {"title": title, "groups": _groups([each for each in steps if _section(each) == word], titles)}
        for word, title in titles.items()
    ]
    return [section for section in sections if section["groups"]]


def _section(step: OutlinedStep) -> str:
    return "main" if step.within else step.group


def _groups(steps: list[OutlinedStep], titles: dict[str, str]) -> list[dict[str, Any]]:
    """Steps that follow each other in one group, with what must hold for it: the conditions of all groups around."""
    return [
        {
            "within": within.replace("/", " › "),
            "options": " · ".join(_written(options) for options in run[0].around if options),
            "steps": [{"step": step, "options": _written(step.options), "phase": _phase(step, titles)} for step in run],
        }
        for within, found in groupby(steps, lambda step: step.within)
        for run in [list(found)]
    ]


def _phase(step: OutlinedStep, titles: dict[str, str]) -> str:
    return titles[step.group] if step.within and step.group != "main" else ""


def _written(options: dict[str, str]) -> str:
    return " · ".join(f"{name}={value}" for name, value in options.items())


@require_POST
@needs(Right.ENGINEER)
def enable(request: HttpRequest, name: str) -> HttpResponse:
    return _switch(request, name, True, _("Sequence '%(name)s' can be started again."))


@require_POST
@needs(Right.ENGINEER)
def disable(request: HttpRequest, name: str) -> HttpResponse:
    return _switch(request, name, False, _("Sequence '%(name)s' is disabled. What runs or waits goes on."))


def _switch(request: HttpRequest, name: str, enabled: bool, sentence: str) -> HttpResponse:
    then = reverse("control:sequence", args=[name])
    actor = actor_of(request.user, ControlEvent.Face.PAGE)
    try:
        enable_sequence(name, enabled, by=actor, reason=request.POST.get("reason", "").strip())
    except Refused as error:
        return refused(request, error, then)
    return accepted(request, sentence % {"name": name}, then)
