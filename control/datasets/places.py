"""Where a dataset keeps its files on the host of its station: a folder of its own below the data directory."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings


def all_datasets() -> Path:
    return settings.DATA_DIR / "datasets"


def folder_of(dataset: UUID) -> Path:
    return all_datasets() / str(dataset)


def uploads_of(dataset: UUID) -> Path:
    """What was uploaded, under the paths that it was sent with."""
    return folder_of(dataset) / "files"


def incoming_of(dataset: UUID) -> Path:
    """Files that are being received, each under a name that nobody has chosen."""
    return folder_of(dataset) / "incoming"


def thumbnails_of(dataset: UUID) -> Path:
    return folder_of(dataset) / "thumbnails"


def thumbnail_path(dataset: UUID, index: int) -> Path:
    return thumbnails_of(dataset) / f"{index}.jpg"


def listing_of(dataset: UUID) -> Path:
    """The sorted list of its files, which only its reader uses."""
    return folder_of(dataset) / "listing.sqlite3"


def reader_lock(dataset: UUID) -> Path:
    """Held by the process that reads it."""
    return folder_of(dataset) / "reader.lock"
