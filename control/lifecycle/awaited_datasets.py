"""Batches that were submitted while their dataset was still being read: what becomes of them once it has been."""

from __future__ import annotations

from contextlib import suppress

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from control.journal.append import Entry
from control.journal.kinds import Kind
from control.lifecycle.doorbell import ring_slot
from control.lifecycle.finish import End, finish_waiting
from control.lifecycle.packages import content_of
from control.lifecycle.same_work import work_key
from control.lifecycle.submit import slots_to_wake
from control.models import Batch, Dataset
from control.states import State, StepOutcome


def begin_what_awaits(dataset: Dataset) -> None:
    """It is READY: what waits for nothing else can begin, and now it is known what would be the same work.

    Effects, in order, for each batch: its key, unless another batch does that work already, a bell. Call inside a
    transaction.
    """
    for batch in _awaiting(dataset):
        _give_key(batch)
        for slot in slots_to_wake(batch):
            ring_slot(slot)


def end_what_awaits(dataset: Dataset) -> list[Batch]:
    """It cannot be read: what waits for it ends FAILED with the reason; return that. Call inside a transaction."""
    message = f"Dataset '{dataset.name}' cannot be read: {dataset.message}"
    now = timezone.now()
    ended = []
    for batch in _awaiting(dataset):
        line = Entry(Kind.LOG, message, "ERROR", at=now, data={"origin": "housekeeping"})
        ended.append(finish_waiting(batch.pk, End(State.FAILED, StepOutcome.ERROR, now, message, error=message), line))
    return [batch for batch in ended if batch is not None]


def _awaiting(dataset: Dataset) -> QuerySet[Batch]:
    of_dataset = Q(dataset=dataset) | Q(target_dataset=dataset)
    waiting = Batch.objects.filter(of_dataset, state=State.QUEUED)
    return waiting.select_related("dataset", "target_dataset", "slot", "station").order_by("pk")


def _give_key(batch: Batch) -> None:
    package = content_of(batch)
    if batch.work_key or package is None:
        return
    both = {"dataset": batch.dataset, "target_dataset": batch.target_dataset}
    datasets = {role: dataset for role, dataset in both.items() if dataset is not None}
    key = work_key(package, batch.parameters, batch.subject, datasets)
    with suppress(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=batch.pk, state=State.QUEUED).update(work_key=key)
