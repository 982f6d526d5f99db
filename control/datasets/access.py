"""Where the files of a dataset are for whoever works on them."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from control.models import Dataset, DatasetFile


def place_of(dataset: Dataset, file: DatasetFile) -> dict[str, str]:
    """Where a file can be read now. Raises OSError when it is gone, or out of reach."""
    return {
        "file": str(
            Path(dataset.location or settings.STATION_PATHS.data / "datasets" / str(dataset.pk) / "files") / file.path
        )
    }


def is_reachable_here(dataset: Dataset) -> bool:
    """Whether its files can be read from this host."""
    return True
