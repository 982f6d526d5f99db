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


def place_of(dataset: Dataset, file: DatasetFile, top_of: Callable[[Dataset], Path] = top_of) -> Place:
    """Where a file can be read now. Raises OSError with a sentence when it is gone, a link, or out of reach.

    `top_of`: for many files, one that remembers.
    """
    if dataset.kind == Dataset.Kind.BUCKET:
        try:
            return {"url": Bucket(dataset.location).url(file.path)}
        except NoBuckets as error:
            raise OSError(str(error)) from error
    top, path = top_of(dataset), file.path
    os.close(open_file(top, path))
    return {"file": str(top / path)}


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
