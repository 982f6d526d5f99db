"""Who is next on a slot: by priority, then whoever restarts a batch that ran there, then by age."""

from __future__ import annotations

from django.db.models import Case, Q, Value, When

from control.models import Batch

# A batch that follows one that was just stopped for it goes before those that waited behind that one.
_RESTARTS_FIRST = Case(When(origin_kind=Batch.OriginKind.RESTART, then=Value(0)), default=Value(1))
BEST_FIRST = ("-priority", _RESTARTS_FIRST, "pk")


def goes_before(batch: Batch) -> Q:
    """The waiting batches that are taken before this one, should they wait for the same slot."""
    restarts = Q(origin_kind=Batch.OriginKind.RESTART)
    if batch.origin_kind == Batch.OriginKind.RESTART:
        before = restarts & Q(pk__lt=batch.pk)
    else:
        before = restarts | Q(pk__lt=batch.pk)
    return Q(priority__gt=batch.priority) | Q(priority=batch.priority) & before
