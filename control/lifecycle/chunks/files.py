"""The files behind the items of a batch."""

from __future__ import annotations

from collections.abc import Collection

from control.models import Batch, Dataset, DatasetFile, Item


def datasets_of(batch: Batch) -> list[Dataset]:
    """What it works on, and what that is compared with: its items are the files of the one, then of the other."""
    return [dataset for dataset in (batch.dataset, batch.target_dataset) if dataset is not None]


def files_of(batch: Batch, indexes: Collection[int]) -> dict[int, DatasetFile]:
    """The files behind items of a batch that has not ended: until then nobody reads its datasets again.

    Those of the target dataset are numbered behind those of the dataset.
    """
    found: dict[int, DatasetFile] = {}
    offset = 0
    for dataset in datasets_of(batch):
        mine = [index - offset for index in indexes if offset <= index < offset + dataset.total_files]
        rows = DatasetFile.objects.filter(dataset=dataset, index__in=mine) if mine else ()
        found |= {row.index + offset: row for row in rows}
        offset += dataset.total_files
    return found


def files_behind(batch: Batch, items: Collection[Item], first_of_target: int) -> dict[int, DatasetFile]:
    """The files behind settled items, whatever has become of their datasets: those that have the same path now."""
    found: dict[int, DatasetFile] = {}
    for dataset, in_target in ((batch.dataset, False), (batch.target_dataset, True)):
        mine = {item.path: item.index for item in items if (item.index >= first_of_target) is in_target}
        rows = DatasetFile.objects.filter(dataset=dataset, path__in=mine) if dataset is not None and mine else ()
        found |= {mine[row.path]: row for row in rows}
    return found
