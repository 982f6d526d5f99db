"""What the rows of one batch have in common: the way back to it, its other rows, the search among them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from control.admin.cells import list_url, row_url
from control.admin.filters import as_uuid, batch_in, begins
from control.admin.paging import count_up_to, counted
from control.history.facts import PROVENANCE
from control.history.interventions import interventions
from control.models import (
    Attachment,
    Batch,
    Chunk,
    ChunkedStep,
    ControlEvent,
    ErrorLog,
    Event,
    Item,
    Measurement,
    Step,
    Stream,
)

COUNTED = 1_000
# What only the page of a batch shows; of these, a list would carry megabytes.
LARGE = (*PROVENANCE, "result", "error")


def with_batch(rows: QuerySet, path: str = "batch") -> QuerySet:
    """The rows with as much of their batch as a link needs."""
    return rows.select_related(path).defer(*(f"{path}__{name}" for name in LARGE))


def find_within_batch(request: HttpRequest, rows: QuerySet, text: str, *, batch: str, names: str) -> QuerySet:
    """A batch by its id, anywhere; how a name begins, only within one batch: elsewhere there are millions."""
    if pk := as_uuid(text):
        return rows.filter(**{batch: pk})
    if batch_in(request) is None:
        messages.info(request, _("Names are searched within one batch. Choose the batch first, or search by its id."))
        return rows.none()
    return rows.filter(begins(names, text))


def batch_neighbours(batch: Batch) -> list[dict[str, Any]]:
    """From any row of a batch: the batch and the lists of all its rows."""
    return [{"text": _("Batch"), "count": batch.name, "url": row_url(batch)}, *_lists(batch, {})]


def counted_neighbours(batch: Batch) -> list[dict[str, Any]]:
    """The lists of all that belongs to the batch, with how much there is."""
    found = {
        Step: batch.steps.all(),
        Measurement: Measurement.objects.filter(step__batch=batch),
        Attachment: Attachment.objects.filter(batch=batch),
        ControlEvent: interventions(batch, timezone.now()),
        ErrorLog: batch.errors.all(),
    }
    if batch.dataset_id is not None:
        found |= {
            ChunkedStep: batch.chunked_steps.all(),
            Chunk: Chunk.objects.filter(chunked_step__batch=batch),
            Item: batch.items.all(),
        }
    counts = {model: counted(count_up_to(rows, COUNTED), COUNTED) for model, rows in found.items()}
    # The numbers of a story have no gaps: the last one is the count.
    counts[Event] = f"{Stream.objects.filter(batch=batch).values_list('last_seq', flat=True).first() or 0:,}"
    return _lists(batch, counts)


def _lists(batch: Batch, counts: dict[Any, str]) -> list[dict[str, Any]]:
    names = {
        Step: _("Steps"),
        Measurement: _("Measurements"),
        Attachment: _("Attachments"),
        Event: _("Events"),
        ControlEvent: _("Control events"),
        ErrorLog: _("Errors"),
    }
    if batch.dataset_id is not None:
        names |= {ChunkedStep: _("Steps over items"), Chunk: _("Chunks"), Item: _("Items")}
    return [
        {"text": text, "count": counts.get(model), "url": list_url(model, batch=batch.pk)}
        for model, text in names.items()
    ]
