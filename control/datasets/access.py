"""Where the files of a dataset are for whoever works on them."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from django.conf import settings
from django.utils.translation import gettext as _

from control.datasets import places, problems
from control.datasets.buckets import Bucket, NoBuckets
from control.datasets.folders import holds_own_files, open_file, root_of
from control.models import Dataset, DatasetFile


class Place(TypedDict, total=False):
    """One of the two: a path on this host, or an address that can be read for a while without a login."""

    file: str
    url: str


def place_of(dataset: Dataset, file: DatasetFile) -> Place:
    """Where a file can be read now. Raises OSError with a sentence when it is gone, a link, or out of reach."""
    return finder_of(dataset)(file)


def finder_of(dataset: Dataset) -> Callable[[DatasetFile], Place]:
    """`place_of` for many files of one dataset. Raises OSError, too, when all of them are out of reach."""
    if dataset.kind == Dataset.Kind.BUCKET:
        try:
            bucket = Bucket(dataset.location)
        except NoBuckets as error:
            raise OSError(str(error)) from error
        return lambda file: {"url": bucket.url(file.path)}
    top = top_of(dataset)

    def on_this_host(file: DatasetFile) -> Place:
        os.close(open_file(top, file.path))
        return {"file": str(top / file.path)}

    return on_this_host


def top_of(dataset: Dataset) -> Path:
    """The folder on this host that the paths of a dataset count from.

    Raises OSError when it is elsewhere, no longer allowed, or has become a link.
    """
    if dataset.station.host != socket.gethostname():
        raise OSError(_(problems.ELSEWHERE) % {"station": dataset.station_id, "host": dataset.station.host})
    if dataset.kind == Dataset.Kind.UPLOAD:
        return places.uploads_of(dataset.pk)
    folder = Path(dataset.location)
    if root_of(folder) is None or holds_own_files(folder):
        raise OSError(_(problems.NOT_ALLOWED) % {"folder": folder})
    if folder.resolve() != folder:
        raise OSError(_(problems.LEADS_ELSEWHERE) % {"folder": folder})
    return folder


def is_reachable_here(dataset: Dataset) -> bool:
    """Whether its files can be read from this host."""
    if dataset.kind == Dataset.Kind.BUCKET:
        return bool(settings.DATASET_BUCKETS)
    try:
        return top_of(dataset).is_dir()
    except OSError:
        return False


def thumbnail_path(dataset: Dataset, index: int) -> Path:
    """Where the thumbnail of a file is, if it has one, on the host of the dataset's station."""
    return places.thumbnail_path(dataset.pk, index)
