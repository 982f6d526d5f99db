"""Batches that were submitted while their dataset was still being read: what becomes of them once it has been."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from control.journal.append import Entry
from control.journal.kinds import Kind
from control.lifecycle.doorbell import ring_slot
from control.lifecycle.finish import End, finish_waiting
from control.lifecycle.same_work import give_up_work
from control.lifecycle.submit import slots_to_wake
from control.models import Batch, Dataset
from control.states import State, StepOutcome


def begin_what_awaits(dataset: Dataset, *, as_sent: bool) -> None:
    """It is READY: what waits for nothing else can begin. Call inside a transaction.

    Effects, in order, for each batch: unless the content was read as it was sent, it is no longer known for the work
    that was asked for; a bell.
    """
    for batch in _awaiting(dataset):
        if not as_sent:
            give_up_work(batch)
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
