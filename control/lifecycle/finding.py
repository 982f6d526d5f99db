"""The batch that somebody names by its id: as it is now, or held so until a transaction ends."""

from __future__ import annotations

from uuid import UUID

from control.journal.append import lock_story
from control.lifecycle.refusals import no_batch
from control.models import Batch


def find_batch(batch_id: UUID) -> Batch:
    """Raises NotFound."""
    batch = Batch.objects.select_related("dataset", "target_dataset").filter(pk=batch_id).first()
    if batch is None:
        raise no_batch(batch_id)
    return batch


def find_locked(batch_id: UUID) -> Batch:
    """A batch whose state stays as it is until the transaction ends. Raises NotFound, also for one that is pruned."""
    lock_story(batch_id)
    batch = Batch.objects.filter(pk=batch_id, stream__isnull=False).first()
    if batch is None:
        raise no_batch(batch_id)
    return batch
