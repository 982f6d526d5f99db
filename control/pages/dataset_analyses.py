"""Analyses on the page of a dataset: buttons that begin them, and what the last ones have found."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from control.access.faces import actor_of
from control.access.rights import Right
from control.history.analyses import read_analyses
from control.history.facts import Facts
from control.lifecycle.datasets.changes import find_dataset
from control.lifecycle.packages import known_packages
from control.lifecycle.refusals import BadValue, Refused
from control.lifecycle.submit import Answer, Order, submit_once
from control.models import Attachment, Batch, ControlEvent, Dataset, DatasetFile, Item, Sequence
from control.pages.answers import accepted, refused, wants_json
from control.pages.dataset_findings import age_text, finding_of, separation_of
from control.pages.dataset_words import ATTRIBUTES, VERDICTS
from control.pages.inside import needs
from control.pages.told import told_text
from control.states import State

OVERVIEW, CLUSTERS, DRIFT = "image_attributes", "image_clustering", "dataset_drift"
ANALYSES = (OVERVIEW, CLUSTERS, DRIFT)
TARGETS = 200
OUTLIERS, GROUPS, OF_GROUP, SHARES = 12, 8, 6, 8
TOP = "."  # how results call the top folder; that everything lies there tells nothing


def analyses_of_page(dataset: Dataset) -> dict[str, Any]:
    """The context of `dataset_analyse.html` and `dataset_results.html`."""
    found = {facts["sequence"]: facts for facts in read_analyses(dataset, timezone.now())}
    running = {name: found[name]["running"] for name in ANALYSES if name in found}
    latest = [found[name]["latest"] for name in ANALYSES if name in found and found[name]["latest"]]
    shown = [batch for batch in latest if isinstance(batch["result"], dict)]
    return {
        "analyses": [_offered(dataset, name, running.get(name, [])) for name in ANALYSES],
        "targets": _targets(dataset),
        "analysing": any(running.values()),
        "running": [_running(batch) for batches in running.values() for batch in batches],
        "results": _results(dataset, shown),
        "plots": {batch["sequence"]: batch["result"] for batch in shown},
    }


def analysis_label(sequence: str) -> str:
    return {OVERVIEW: _("Overview"), CLUSTERS: _("Clusters"), DRIFT: _("Drift")}[sequence]


def _offered(dataset: Dataset, sequence: str, running: list[Facts]) -> Facts:
    """A button; where it cannot be pressed now, `why`."""
    package = known_packages().get(sequence)
    why = ""
    if running:
        why = _("It is being made now.")
    elif dataset.state != Dataset.State.READY:
        why = _("It can be made once the dataset is ready.")
    elif package is None or package.problems or Sequence.objects.filter(pk=sequence, enabled=False).exists():
        why = _("Its sequence is not available on this station.")
    about = {
        OVERVIEW: _("How light, sharpness and colour are spread, which images are unusual, and which look alike."),
        CLUSTERS: _("Which kinds of images there are, as a map and as sheets."),
        DRIFT: _("Whether the images of another dataset are still like these."),
    }
    return {"sequence": sequence, "label": analysis_label(sequence), "about": about[sequence], "why": why}


def _targets(dataset: Dataset) -> list[Dataset]:
    ready = Dataset.objects.filter(state=Dataset.State.READY, station=dataset.station_id).exclude(pk=dataset.pk)
    return list(ready.order_by("-pk").only("name")[:TARGETS])


def _running(batch: Facts) -> Facts:
    return {
        **batch,
        "label": analysis_label(batch["sequence"]),
        "percent": int(100 * batch["progress"]),
        **_word(batch),
    }


def _word(batch: Facts) -> Facts:
    return {"word": State(batch["state"]).label}


def _results(dataset: Dataset, batches: list[Facts]) -> list[Facts]:
    """What was found, in words and small pictures; its plots are drawn by the page's script."""
    ids = [batch["id"] for batch in batches]
    named = {side for batch in batches for side in (batch["dataset"], batch["target_dataset"]) if side}
    datasets = {str(pk): row for pk, row in Dataset.objects.only("name", "sha256", "read_at").in_bulk(named).items()}
    sheets: dict[str, list[Attachment]] = {}
    for attachment in Attachment.objects.filter(batch__in=ids, width__isnull=False).order_by("pk"):
        sheets.setdefault(str(attachment.batch_id), []).append(attachment)
    drawn = _drawn(dataset, batches)
    return [
        {
            **batch,
            "label": analysis_label(batch["sequence"]),
            "kind": batch["result"].get("kind", ""),
            "summary": batch["result"].get("summary", {}),
            "since": age_text(datetime.fromisoformat(batch["ended_at"])),
            "finding": finding_of(batch),
            "separation": separation_of(batch["result"]),
            "reference": datasets.get(batch["dataset"]),
            "target": datasets.get(batch["target_dataset"]),
            "outliers": [_outlier(row, drawn[batch["id"]]) for row in _few(batch, "outliers")],
            "alike": [
                [drawn[batch["id"]][index] for index in group[:OF_GROUP] if index in drawn[batch["id"]]]
                for group in (_few(batch, "near_duplicates") or _few(batch, "duplicates"))[:GROUPS]
            ],
            "clusters": [_cluster(row, drawn[batch["id"]]) for row in batch["result"].get("clusters", [])],
            "drift": [_drifted(row) for row in batch["result"].get("drift", [])],
            "failures": [{**row, "name": told_text(row["name"])} for row in batch["result"].get("failures", [])],
            "shares": [
                (label, batch["result"][name][:SHARES], len(batch["result"][name]) - SHARES)
                for name, label in {"formats": _("Formats"), "sizes": _("Sizes"), "folders": _("Folders")}.items()
                if [share["name"] for share in batch["result"].get(name, [])] not in ([], [TOP])
            ],
            "began": _began(batch),
            "same_files": all(
                knows_files(datasets[side], _began(batch))
                for side in (batch["dataset"], batch["target_dataset"])
                if side in datasets
            ),
            "sheets": sheets.get(batch["id"], []) if batch["result"].get("kind") != "attributes" else [],
        }
        for batch in batches
    ]


def _few(batch: Facts, name: str) -> list[Any]:
    found = batch["result"].get(name)
    return found[:OUTLIERS] if isinstance(found, list) else []


def _began(batch: Facts) -> datetime:
    return datetime.fromisoformat(batch["started_at"] or batch["created_at"])


def knows_files(dataset: Dataset, began: datetime) -> bool:
    """Whether a batch that began then knows the files of a dataset as they are now, and by their numbers."""
    return dataset.read_at is not None and dataset.read_at <= began


def _drawn(dataset: Dataset, batches: Collection[Facts]) -> dict[str, dict[int, DatasetFile]]:
    """The files of which small pictures are shown, by batch and index, by two queries: those that have the path of its
    item now, since a dataset that was read again has other numbers. Of a drift both sides would be mixed: none.
    """
    shown = Q(pk__in=[])
    for batch in batches:
        wanted = {row["index"] for row in _few(batch, "outliers")}
        for group in (*_few(batch, "near_duplicates"), *_few(batch, "duplicates")):
            wanted |= set(group[:OF_GROUP])
        for cluster in batch["result"].get("clusters", []):
            wanted |= set(cluster["representatives"][:OF_GROUP])
        shown |= Q(batch=batch["id"], index__in=wanted)
    items = list(Item.objects.filter(shown).values_list("batch", "index", "path"))
    rows = DatasetFile.objects.filter(dataset=dataset, path__in={path for _, _, path in items})
    files = {file.path: file for file in rows.only("dataset_id", "index", "path", "thumbnail")}
    drawn: dict[str, dict[int, DatasetFile]] = {batch["id"]: {} for batch in batches}
    for batch_id, index, path in items:
        if path in files:
            drawn[str(batch_id)][index] = files[path]
    return drawn


def _outlier(row: Facts, drawn: dict[int, DatasetFile]) -> Facts:
    name = ATTRIBUTES.get(row["attribute"], row["attribute"])
    return {**row, "file": drawn.get(row["index"]), "name": name, "high": row["value"] > row["median"]}


def _cluster(row: Facts, drawn: dict[int, DatasetFile]) -> Facts:
    found = [drawn[index] for index in row["representatives"][:OF_GROUP] if index in drawn]
    return {"number": row["number"], "size": row["size"], "files": found}


def _drifted(row: Facts) -> Facts:
    sign = {"stable": "✓", "moderate": "!", "drifted": "✕"}.get(row["verdict"], "")
    words = {
        "name": ATTRIBUTES.get(row["attribute"], row["title"]),
        "word": VERDICTS.get(row["verdict"], row["verdict"]),
    }
    over = {f"{name}_over": row[name] > row[f"{name}_limit"] for name in ("psi", "ks")}
    return {**row, **words, **over, "sign": sign}


@require_POST
@needs(Right.OPERATE)
def analyse(request: HttpRequest, dataset_id: UUID) -> HttpResponse:
    """Begin an analysis of a dataset, unless it is being made or was made with the same content."""
    then = reverse("control:dataset", args=[dataset_id])
    name, target = request.POST.get("sequence", ""), request.POST.get("target", "")
    try:
        if name not in ANALYSES:
            raise BadValue(_("There is no analysis '%(name)s'.") % {"name": name[:100]}, field="sequence")
        dataset = find_dataset(dataset_id)
        order = Order(
            name, dataset=str(dataset.pk), target_dataset=target or None, fresh=bool(request.POST.get("fresh"))
        )
        by = actor_of(request.user, ControlEvent.Face.PAGE)
        answer = submit_once(order, by=by, trigger=Batch.Trigger.MANUAL)
    except Refused as error:
        return refused(request, error, then)
    number = str(answer.batch.pk)
    if not answer.cached:
        return accepted(request, _sentence(answer), f"{then}#analyses-title", id=number)
    sentence = _sentence(answer)
    if not wants_json(request):
        afresh = render_to_string("control/dataset_afresh.html", {"dataset_id": dataset_id, "order": order}, request)
        sentence = format_html("{} {}", sentence, afresh)
    return accepted(request, sentence, then, id=number)  # to the top of the page, where it stands


def _sentence(answer: Answer) -> str:
    if answer.existing:
        return _("This is being done already. Nothing new was started.")
    if answer.cached:
        age = age_text(answer.batch.ended_at)
        return _("This was done %(age)s ago with the same content, so nothing was started.") % {"age": age}
    return _("%(name)s is queued.") % {"name": answer.batch.name}
