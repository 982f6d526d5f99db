"""Work that need not be done twice: what counts as the same, and the batch that does it or has done it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from control.lifecycle.refusals import WrongState
from control.models import Batch, Dataset, Item
from control.states import LIVE, State
from sequences import images
from sequences.catalogue import Package, content_hash
from sequences.items.item import BadItem

# What packages share is no part of any: a figure that is changed there makes other results all the same.
SHARED = Path(images.__file__).parent
OF_ONE_ITEM = ("timeout_s", "max_pixels")  # options of items that decide what becomes of one


class TwinIsLive(WrongState):
    """The same work waits or runs as another batch; by now that may have ended."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        super().__init__(
            _("The same work is being done already, as batch %(id)s. Wait for it, or stop it first.") % {"id": batch.pk}
        )


def work_key(
    package: Package,
    parameters: Mapping[str, Any],
    subject: str,
    datasets: Mapping[str, Dataset],
    items_options: Mapping[str, Any],
) -> str:
    """The same work has the same key; empty where the sequence does not declare that it need not be done twice.

    Neither name nor priority count, nor how its items are cut into chunks and on how many lanes; what one item may
    take does: more of it, and items succeed that have failed. Datasets count by their content.
    """
    if not package.manifest.unique:
        return ""
    work = {
        "sequence": [package.name, package.version, package.sha256, content_hash(SHARED)],
        "parameters": _plain(dict(parameters)),
        "subject": subject,
        "datasets": {role: dataset.sha256 for role, dataset in datasets.items()},
        "items": _plain({name: items_options[name] for name in OF_ONE_ITEM if name in items_options}),
    }
    return hashlib.sha256(json.dumps(work, sort_keys=True).encode()).hexdigest()


def live_twin(key: str) -> Batch | None:
    """The batch that waits or runs with this key."""
    return batches_of_work(key).filter(state__in=LIVE).first()


def finished_twin(key: str) -> Batch | None:
    """The newest batch that has done this work to its end, and whose failed items would fail again."""
    return finished_twins(key).first()


def finished_twins(key: str) -> QuerySet[Batch]:
    """Not with an item that failed by anything else than its own content: a storage that was away, a process that was
    killed or hung, a lane that was lost. That passes, and should not be told for ever.
    """
    failed = Item.objects.filter(batch=OuterRef("pk"), state=Item.State.FAILED)
    passing = failed.exclude(exception=BadItem.__name__)
    return batches_of_work(key).filter(~Exists(passing), state=State.COMPLETED).order_by("-pk")


def newest_twin(key: str) -> Batch | None:
    return batches_of_work(key).order_by("-pk").first()


def batches_of_work(key: str) -> QuerySet[Batch]:
    """None for an empty key. (SQLite takes the index of keys only for who says that he does not mean an empty one.)"""
    return Batch.objects.filter(work_key=key).exclude(work_key="")


def give_up_work(batch: Batch) -> None:
    """A batch does not do this work any more: it stands in nobody's way who does, nor is it an answer."""
    Batch.objects.filter(pk=batch.pk).exclude(work_key="").update(work_key="")


def _plain(value: Any) -> Any:
    """5 and 5.0 are the same number, and some databases give back the one for the other."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
