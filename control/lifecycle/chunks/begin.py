"""A step over items begins: how many there are, and which of them an earlier batch has done already."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from control.lifecycle.chunks.carry import step_before
from control.lifecycle.chunks.claim import completed_items
from control.lifecycle.chunks.files import datasets_of
from control.lifecycle.doorbell import ring_slot
from control.models import Batch, ChunkedStep, Item
from stations.models import Slot


def begin_step_over_items(batch_id: UUID, step: int, name: str, *, at: datetime) -> ChunkedStep:
    """Open a step for chunks; again for the same step, after its lane was lost, it stays as it is.

    Call inside a transaction that holds the batch's story, once `carry_items_over` has done its work. Effects, in
    order: the step, a bell for every lane that could help.
    """
    found = ChunkedStep.objects.filter(batch=batch_id, step=step).first()
    if found is not None:
        return found
    batch = Batch.objects.select_related("dataset", "target_dataset", "origin").get(pk=batch_id)
    after = step_before(batch, step)
    total = _items_of(batch) if after is None else completed_items(after).count()
    carried = Item.objects.filter(batch=batch, step=step).count()
    opened = ChunkedStep.objects.create(
        batch=batch,
        step=step,
        name=name,
        after=after,
        first_of_target=batch.dataset.total_files if batch.dataset is not None else 0,
        total_items=total,
        carried_items=carried,
        uncut_items=total - carried,
        began_at=at,
    )
    for lane in Slot.objects.filter(kind=Slot.Kind.LANE, in_service=True):
        ring_slot(lane)
    return opened


def _items_of(batch: Batch) -> int:
    return sum(dataset.total_files for dataset in datasets_of(batch))
