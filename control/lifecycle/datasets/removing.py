"""The rows of deleted datasets whose files are gone."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError

from control.models import Dataset, DatasetFile

AT_ONCE = 2000  # rows in a transaction


def forget_removed(dataset_id: UUID) -> bool:
    """Delete the rows of a removed dataset; False when batches name it, or it is not removed."""
    unused = Dataset.objects.filter(batches=None, batches_as_target=None)
    dataset = unused.filter(pk=dataset_id, state=Dataset.State.REMOVED).first()
    if dataset is None:
        return False
    rows = DatasetFile.objects.filter(dataset=dataset)
    while numbers := list(rows.values_list("pk", flat=True)[:AT_ONCE]):
        DatasetFile.objects.filter(pk__in=numbers).delete()
    try:
        with transaction.atomic():
            dataset.delete()
    except ProtectedError:
        return False  # a batch that was submitted in this very moment
    return True
