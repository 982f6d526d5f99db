"""Submitting with the files themselves: a dataset is made of them, and the batch waits until it has been read."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.request import Request

from control.api.bodies import reason_in
from control.api.datasets import FILES, create_from_upload
from control.api.face import ApiView
from control.api.multipart import read_fields, read_parts
from control.api.new_batch import NewBatch
from control.api.once import answer_to
from control.lifecycle.actor import Actor
from control.lifecycle.datasets.changes import delete_dataset
from control.lifecycle.given_datasets import find_dataset
from control.lifecycle.refusals import BadValue, Refused
from control.lifecycle.submit import Answer, Order, check_task, submit_once
from control.models import Batch, Dataset
from sequences.items.options import DATASET, TARGET

# Fields of a submit that are no text in JSON. What cannot be read as JSON is left for the body to refuse.
NO_TEXTS = ("parameters", "wait", "fresh", "item_timeout_s", "max_pixels", "lanes", "chunk_size")
FIELDS = tuple(name for name in NewBatch().fields if name != DATASET)
_TEXT = {"type": "string"}
WITH_FILES = {
    "type": "object",
    "required": ["sequence", "files"],
    "properties": {**dict.fromkeys(FIELDS, _TEXT), "files": FILES},
}


def submit_with_files(request: Request, view: ApiView) -> Answer:
    """The batch that works on these files. Nothing of them is kept when it is refused, or when nothing new begins."""
    fields, files = read_fields(read_parts(request), FIELDS)
    body = NewBatch(data={name: _value(name, text) for name, text in fields.items()})
    body.is_valid(raise_exception=True)
    order, reason = body.order(), reason_in(body.validated_data)
    check_takes_files(order)
    about = {"name": order.name or order.subject, "reason": reason}
    dataset = create_from_upload(request, about, files, view)
    try:
        answer = answer_to(
            request,
            lambda: _submit(order, dataset, by=view.actor, reason=reason),
            by=view.actor,
            content=[fields, dataset.sha256],
        )
    except BaseException:
        _forget(dataset.pk, view.actor)
        raise
    if answer.batch.dataset_id != dataset.pk:
        _forget(dataset.pk, view.actor)
    return answer


def check_takes_files(order: Order) -> None:
    """What can be known before the files are read. Raises as `check_order`."""
    package, _parameters, _options = check_task(order)
    if DATASET not in package.manifest.needs:
        sentence = _("'%(sequence)s' works on no files. Leave them out, or choose a sequence that needs a dataset.")
        raise BadValue(sentence % {"sequence": package.name}, field="files")
    if TARGET in package.manifest.needs and order.target_dataset:
        find_dataset(order.target_dataset, field=TARGET)


def _value(name: str, text: str) -> Any:
    if name in NO_TEXTS:
        with suppress(ValueError):
            return json.loads(text)
    return text


def _submit(order: Order, dataset: Dataset, *, by: Actor, reason: str) -> Answer:
    """With the oldest dataset that was made of just these files, which need not be read anew; else with this one.

    Only what was sent to this station will do: a folder may have changed since, or be gone, and no lane here has the
    files of another host. Whoever has sent that other one may be giving it up in this moment, as his work is being done
    already.
    """
    same = Dataset.objects.filter(
        sha256=dataset.sha256,
        kind=Dataset.Kind.UPLOAD,
        station=dataset.station,
        state__in=(Dataset.State.READING, Dataset.State.READY),
    )
    oldest = same.exclude(sha256="").order_by("pk").first()
    if oldest is not None and oldest != dataset:
        with suppress(Refused):
            return _submit_with(oldest, order, by, reason)
    return _submit_with(dataset, order, by, reason)


def _submit_with(dataset: Dataset, order: Order, by: Actor, reason: str) -> Answer:
    order = replace(order, dataset=str(dataset.pk))
    return submit_once(order, by=by, trigger=Batch.Trigger.API, reason=reason)


def _forget(dataset_id: UUID, by: Actor) -> None:
    with suppress(Refused):
        delete_dataset(dataset_id, by=by, reason="nothing new was begun")
