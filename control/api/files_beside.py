"""Submitting with the files themselves: a dataset is made of them, and the batch waits until it has been read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework.request import Request

from control.api.bodies import reason_in
from control.api.datasets import FILES, create_from_upload
from control.api.face import ApiView
from control.api.multipart import Part, read_fields, read_parts
from control.api.new_batch import NewBatch
from control.api.once import answer_to
from control.lifecycle.actor import Actor
from control.lifecycle.datasets.changes import delete_dataset
from control.lifecycle.datasets.reading import content_sha256
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
Described = tuple[str, int, str]  # path, bytes, sha256


def submit_with_files(request: Request, view: ApiView) -> Answer:
    """The batch that works on these files. Nothing of them is kept when it is refused, or when nothing new begins."""
    fields, files = read_fields(read_parts(request), FIELDS)
    body = NewBatch(data={name: _value(name, text) for name, text in fields.items()})
    body.is_valid(raise_exception=True)
    order, reason = body.order(), reason_in(body.validated_data)
    check_takes_files(order)
    described: list[Described] = []
    about = {"name": order.name or order.subject, "reason": reason}
    dataset = create_from_upload(request, about, _noted(files, described), view)
    used = _same_content(described) or dataset
    order = replace(order, dataset=str(used.pk), await_dataset=True)
    try:
        answer = answer_to(
            request,
            lambda: submit_once(order, by=view.actor, trigger=Batch.Trigger.API, reason=reason),
            by=view.actor,
            content=[fields, described],
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


def _noted(files: Iterable[Part], described: list[Described]) -> Iterator[Part]:
    """The same files, described once each has been read."""
    for part in files:
        digest, size = hashlib.sha256(), 0

        def blocks(part: Part = part, digest: Any = digest) -> Iterator[bytes]:
            nonlocal size
            for block in part.blocks:
                digest.update(block)
                size += len(block)
                yield block

        yield replace(part, blocks=blocks())
        described.append((part.file or "", size, digest.hexdigest()))


def _same_content(described: list[Described]) -> Dataset | None:
    """A dataset that has just these files, and need not be read anew."""
    sha256 = content_sha256(iter(sorted(described)))
    return Dataset.objects.filter(sha256=sha256, state=Dataset.State.READY).order_by("pk").first()


def _forget(dataset_id: UUID, by: Actor) -> None:
    with suppress(Refused):
        delete_dataset(dataset_id, by=by, reason="nothing new was begun")
