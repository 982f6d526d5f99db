"""Datasets as people see them: cards, one dataset with its files, and what makes, fills and deletes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from control.access.downloads import download_file_of
from control.access.faces import actor_of
from control.access.rights import Right
from control.datasets.problems import told_problem
from control.history.analyses import analysed_last, analysed_now
from control.history.datasets import read_part
from control.lifecycle.datasets.changes import (
    NewDataset,
    complete_dataset,
    create_dataset,
    delete_dataset,
    find_dataset,
    find_file,
    read_again,
)
from control.lifecycle.refusals import NotFound, Refused
from control.metrics.disk import size_text
from control.models import Batch, ControlEvent, Dataset, DatasetFile
from control.pages.answers import accepted, refused
from control.pages.dataset_analyses import ANALYSES, analyses_of_page, analysis_label, knows_files
from control.pages.dataset_findings import age_text
from control.pages.dataset_words import plot_words, upload_words
from control.pages.inside import draw, needs
from control.states import State, StepOutcome
from stations.provisioning import is_alive

CARDS, FILES = 24, 60  # of one page
STRIP = 6  # thumbnails of a card, found among the first …
STRIP_FROM = 24  # … so many files
BATCHES = 10


@require_safe
@needs(Right.SEE)
def datasets(request: HttpRequest) -> HttpResponse:
    """Its script asks for it anew while something is being received or read, and takes over the parts that live."""
    rows = Dataset.objects.exclude(state=Dataset.State.REMOVED).select_related("station").order_by("-pk")
    page = Paginator(rows, CARDS).get_page(request.GET.get("page"))
    strips = _strips(page.object_list)
    analysed = analysed_now(list(page.object_list))
    last = analysed_last(list(page.object_list), ANALYSES)
    cards = [
        {
            **_shown(dataset),
            "strip": strips.get(dataset.pk, []),
            "analysing": analysed.get(dataset.pk, []),
            "found": _found(dataset, last.get(dataset.pk, {})),
        }
        for dataset in page.object_list
    ]
    busy = any(card["reading"] or card["analysing"] for card in cards)
    return draw(request, "control/datasets.html", _("Datasets"), cards=cards, page=page, busy=busy, **_about_new())


def _found(dataset: Dataset, last: dict[str, Batch]) -> list[dict[str, Any]]:
    """How the last analyses of a dataset ended, in the order of the buttons."""
    return [
        {
            "sequence": name,
            "label": analysis_label(name),
            "outcome": last[name].outcome,
            "word": StepOutcome(last[name].outcome).label,
            "age": age_text(last[name].ended_at),
            "of_now": knows_files(dataset, last[name].started_at or last[name].created_at),
        }
        for name in ANALYSES
        if name in last
    ]


def _about_new() -> dict[str, Any]:
    """What a form for new ones needs."""
    return {
        "roots": settings.DATASET_ROOTS,
        "buckets": settings.DATASET_BUCKETS,
        "page_words": upload_words(),
        "page_data": _addresses(),
    }


def _addresses(dataset: Dataset | None = None) -> dict[str, str]:
    """For the script. Without a dataset, ID stands where its id belongs."""
    unknown = UUID(int=0)
    places = {
        "files": reverse("api:dataset-files", args=[unknown]),
        "complete": reverse("control:complete_dataset", args=[unknown]),
        "delete": reverse("control:delete_dataset", args=[unknown]),
        "page": reverse("control:dataset", args=[unknown]),
    }
    wanted = str(dataset.pk) if dataset else "ID"
    return {
        "create": reverse("control:new_dataset"),
        "dataset": str(dataset.pk) if dataset else "",
        **{name: address.replace(str(unknown), wanted) for name, address in places.items()},
    }


def _strips(found: Iterable[Dataset]) -> dict[UUID, list[DatasetFile]]:
    """A few thumbnails of each dataset, by one query."""
    files = DatasetFile.objects.filter(dataset__in=list(found), index__lt=STRIP_FROM, thumbnail=True)
    strips: dict[UUID, list[DatasetFile]] = {}
    for file in files.order_by("dataset", "index").only("dataset_id", "index", "path"):
        strip = strips.setdefault(file.dataset_id, [])
        if len(strip) < STRIP:
            strip.append(file)
    return strips


def _size(count: int) -> str:
    return size_text(count) if count >= 1024 else _("%(count)s bytes") % {"count": count}


def _shown(dataset: Dataset) -> dict[str, Any]:
    reading = dataset.state == Dataset.State.READING
    return {
        "row": dataset,
        "size": _size(dataset.total_bytes),
        "percent": int(100 * read_part(dataset)),
        "reading": reading,
        "why_failed": told_problem(dataset.message),
        "waits": reading and not is_alive(dataset.station),
    }


@require_safe
@needs(Right.SEE)
def dataset_page(request: HttpRequest, dataset_id: UUID) -> HttpResponse:
    try:
        dataset = find_dataset(dataset_id)
    except NotFound as error:
        return draw(request, "control/dataset_unknown.html", _("No such dataset"), status=404, sentence=str(error))
    only = request.GET.get("only") == "problems"
    page = _files_page(dataset, only, request.GET.get("page"))
    return draw(
        request,
        "control/dataset.html",
        dataset.name,
        **_shown(dataset),
        page=page,
        files=[_file(dataset, file) for file in page.object_list],
        only=only,
        batches=_batches(dataset),
        **analyses_of_page(dataset),
        page_words={**upload_words(), **plot_words()},
        page_data=_addresses(dataset),
        receiving=dataset.state == Dataset.State.RECEIVING,
        removed=dataset.state == Dataset.State.REMOVED,
        may_read_again=dataset.state in (Dataset.State.READY, Dataset.State.FAILED),
    )


def _files_page(dataset: Dataset, only_problems: bool, number: str | None) -> Page:
    rows: QuerySet[DatasetFile] = DatasetFile.objects.filter(dataset=dataset).order_by("index")
    count = dataset.read_files
    if only_problems:
        rows, count = rows.exclude(problem=""), dataset.bad_files
    paginator = Paginator(rows, FILES)
    paginator.count = count  # known: nothing is counted
    return paginator.get_page(number)


def _file(dataset: Dataset, file: DatasetFile) -> dict[str, Any]:
    folder, _slash, name = file.path.rpartition("/")
    return {
        "row": file,
        "name": name,
        "folder": folder,
        "size": _size(file.size),
        "problem": told_problem(file.problem),
        "kind": file.media_type.rpartition("/")[2] or "?",
        "readable": bool(file.sha256) and dataset.state != Dataset.State.REMOVED,
        "drawn": file.thumbnail and dataset.state != Dataset.State.REMOVED,
    }


def _batches(dataset: Dataset) -> list[dict[str, Any]]:
    """The last ones that used it."""
    found = Batch.objects.filter(Q(dataset=dataset) | Q(target_dataset=dataset)).order_by("-pk")[:BATCHES]
    return [
        {
            "row": batch,
            "badge": batch.outcome if batch.outcome != StepOutcome.NONE else batch.state,
            "word": StepOutcome(batch.outcome).label if batch.outcome != StepOutcome.NONE else State(batch.state).label,
        }
        for batch in found
    ]


@require_safe
@needs(Right.SEE)
def original(request: HttpRequest, dataset_id: UUID, index: int) -> HttpResponseBase:
    """A file as it is, saved by the browser."""
    try:
        dataset = find_dataset(dataset_id)
        return download_file_of(dataset, find_file(dataset, index))
    except NotFound as error:
        return draw(request, "control/dataset_unknown.html", _("No such file"), status=404, sentence=str(error))


@require_POST
@needs(Right.OPERATE)
def new_dataset(request: HttpRequest) -> HttpResponse:
    """Of a folder or bucket; or one that receives what the page's script sends."""
    kind = request.POST.get("kind", "")
    given = {name: request.POST.get(name, "") for name in ("name", "location")}
    chosen = Dataset.Kind(kind) if kind in Dataset.Kind.values else Dataset.Kind.UPLOAD
    try:
        dataset = create_dataset(NewDataset(kind=chosen, **given), by=actor_of(request.user, ControlEvent.Face.PAGE))
    except Refused as error:
        return refused(request, error, reverse("control:datasets"))
    then = reverse("control:dataset", args=[dataset.pk])
    sentence = _("Dataset '%(name)s' is being read.") % {"name": dataset.name}
    return accepted(request, sentence, then, id=str(dataset.pk))


@require_POST
@needs(Right.OPERATE)
def complete(request: HttpRequest, dataset_id: UUID) -> HttpResponse:
    return _changed(
        request, dataset_id, complete_dataset, _("Everything has arrived. Dataset '%(name)s' is being read.")
    )


@require_POST
@needs(Right.OPERATE)
def read(request: HttpRequest, dataset_id: UUID) -> HttpResponse:
    return _changed(request, dataset_id, read_again, _("Dataset '%(name)s' is being read again."))


@require_POST
@needs(Right.OPERATE)
def delete(request: HttpRequest, dataset_id: UUID) -> HttpResponse:
    sentence = _("Dataset '%(name)s' is deleted.")
    return _changed(request, dataset_id, delete_dataset, sentence, then=reverse("control:datasets"))


def _changed(request: HttpRequest, dataset_id: UUID, change: Any, sentence: str, then: str = "") -> HttpResponse:
    page = reverse("control:dataset", args=[dataset_id])
    try:
        dataset = change(dataset_id, by=actor_of(request.user, ControlEvent.Face.PAGE))
    except Refused as error:
        return refused(request, error, page)
    return accepted(request, sentence % {"name": dataset.name}, then or page)
