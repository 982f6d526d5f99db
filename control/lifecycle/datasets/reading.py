"""Reading a dataset in a process of its own: listed, counted, hashed, looked at. A killed one is gone on with."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from control.datasets import places, problems
from control.datasets.access import top_of
from control.datasets.buckets import Bucket, NoBuckets
from control.datasets.content import content_sha256
from control.datasets.folders import Found, list_files, open_file
from control.datasets.listing import Listing
from control.datasets.looker import HEAD, Looker, Seen
from control.lifecycle.awaited_datasets import begin_what_awaits, end_what_awaits
from control.models import Dataset, DatasetFile

PAGE = 100  # files that are written down together …
PAGE_S = 1.0  # … or as many as this takes
BLOCK = 1024**2
REMOVED_AT_ONCE = 2000  # rows of an older reading
LONGEST_PROBLEM = 300
State = Dataset.State


class ReadElsewhere(Exception):
    """Another process reads it."""


class NoLongerRead(Exception):
    """Somebody has deleted it meanwhile."""


def read_dataset(dataset_id: UUID) -> None:
    """Read a dataset to its end: READY, or FAILED with the reason where its files cannot even be listed.

    Files that are no good get a problem and stop nothing. Goes on where a reader before it was killed. Raises
    ReadElsewhere, and OSError of the disk that thumbnails are written to.
    """
    with _alone(dataset_id):
        dataset = Dataset.objects.select_related("station").filter(pk=dataset_id, state=State.READING).first()
        if dataset is None:
            return
        with suppress(NoLongerRead):
            try:
                source = _Objects(dataset) if dataset.kind == Dataset.Kind.BUCKET else _Files(dataset)
                listing = _listed(dataset, source)
            except (OSError, NoBuckets) as error:
                fail_reading(dataset_id, str(error))
                return
            if not listing.total:
                fail_reading(dataset_id, problems.NO_FILES)
                return
            _read_files(dataset, source, listing)
            listing.close()
            _finish(dataset)


def fail_reading(dataset_id: UUID, why: str) -> bool:
    """Give a reading up. False when it is no longer going on."""
    with transaction.atomic():
        given_up = Dataset.objects.filter(pk=dataset_id, state=State.READING).update(
            state=State.FAILED, message=why, sha256=""
        )
        if given_up:
            end_what_awaits(Dataset.objects.get(pk=dataset_id))
    return bool(given_up)


@contextmanager
def _alone(dataset_id: UUID) -> Iterator[None]:
    lock = places.reader_lock(dataset_id)
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReadElsewhere from None
        yield


class _Files:
    """Files on this host."""

    def __init__(self, dataset: Dataset) -> None:
        """Raises OSError."""
        self.top = top_of(dataset)
        self.hidden = dataset.kind == Dataset.Kind.UPLOAD

    def list_files(self) -> Iterator[Found]:
        return list_files(self.top, hidden=self.hidden)

    @contextmanager
    def opened(self, path: str) -> Iterator[IO[bytes]]:
        with os.fdopen(open_file(self.top, path), "rb") as file:
            yield file


class _Objects:
    """Objects of a bucket, fetched one at a time."""

    def __init__(self, dataset: Dataset) -> None:
        """Raises NoBuckets."""
        self.bucket = Bucket(dataset.location)

    def list_files(self) -> Iterator[Found]:
        return self.bucket.list_files()

    @contextmanager
    def opened(self, path: str) -> Iterator[IO[bytes]]:
        with tempfile.TemporaryFile() as file:
            for block in self.bucket.blocks(path):
                file.write(block)
            file.seek(0)
            yield file


def _listed(dataset: Dataset, source: _Files | _Objects) -> Listing:
    """The list that this reading has begun with, else a new one. Raises OSError when nothing can be listed."""
    file = places.listing_of(dataset.pk)
    if dataset.read_files:
        with suppress(FileNotFoundError):
            return Listing(file)
    _forget(dataset)
    places.thumbnails_of(dataset.pk).mkdir(parents=True, exist_ok=True)
    listing = Listing.made_of(source.list_files(), file)
    _note(dataset, total_files=listing.total, read_files=0, bad_files=0, total_bytes=0)
    return listing


def _forget(dataset: Dataset) -> None:
    """What an older reading has found."""
    rows = DatasetFile.objects.filter(dataset=dataset)
    while numbers := list(rows.values_list("pk", flat=True)[:REMOVED_AT_ONCE]):
        DatasetFile.objects.filter(pk__in=numbers).delete()


def _read_files(dataset: Dataset, source: _Files | _Objects, listing: Listing) -> None:
    index = DatasetFile.objects.filter(dataset=dataset).count()
    rows: list[DatasetFile] = []
    since = time.monotonic()
    with Looker() as looker:
        for found in listing.after(index):
            rows.append(_row(dataset, index, found, source, looker))
            index += 1
            if len(rows) >= PAGE or time.monotonic() - since > PAGE_S:
                _write_down(dataset, rows)
                rows, since = [], time.monotonic()
    _write_down(dataset, rows)


def _row(dataset: Dataset, index: int, found: Found, source: _Files | _Objects, looker: Looker) -> DatasetFile:
    row = DatasetFile(dataset=dataset, index=index, path=found.path, size=found.size, modified_ns=found.modified_ns)
    row.problem = found.problem[:LONGEST_PROBLEM]
    if row.problem:
        return row
    try:
        with source.opened(found.path) as file:
            head, row.size, row.sha256 = _hashed(file)
            file.seek(0)
            seen = looker.look(found.path, head, file.fileno(), places.thumbnail_path(dataset.pk, index))
    except OSError as error:
        if os.access(places.thumbnails_of(dataset.pk), os.W_OK):
            seen = Seen("", problem=problems.UNREADABLE % {"problem": error.strerror or error})
        else:
            raise
    row.media_type, row.width, row.height = seen.media_type, seen.width, seen.height
    row.thumbnail, row.problem = seen.thumbnail, seen.problem[:LONGEST_PROBLEM]
    return row


def _hashed(file: IO[bytes]) -> tuple[bytes, int, str]:
    """The first bytes of a file, its size and its sha256. Raises OSError."""
    digest, size, head = hashlib.sha256(), 0, b""
    while block := file.read(BLOCK):
        head = head or block[:HEAD]
        digest.update(block)
        size += len(block)
    return head, size, digest.hexdigest()


def _write_down(dataset: Dataset, rows: list[DatasetFile]) -> None:
    """The rows of a page and the counts, together. Raises NoLongerRead."""
    with transaction.atomic():
        _note(
            dataset,
            read_files=F("read_files") + len(rows),
            bad_files=F("bad_files") + sum(bool(row.problem) for row in rows),
            total_bytes=F("total_bytes") + sum(row.size for row in rows),
        )
        DatasetFile.objects.bulk_create(rows)


def _note(dataset: Dataset, **columns: object) -> None:
    if not Dataset.objects.filter(pk=dataset.pk, state=State.READING).update(**columns):
        raise NoLongerRead


def _finish(dataset: Dataset) -> None:
    """READY, with what was read counted once more."""
    rows = DatasetFile.objects.filter(dataset=dataset).order_by("index")
    counted = rows.order_by().aggregate(
        total_files=Count("pk"), bad_files=Count("pk", filter=~Q(problem="")), total_bytes=Sum("size")
    )
    sha256 = content_sha256(rows.values_list("path", "size", "sha256").iterator(chunk_size=2000))
    counted |= {"read_files": counted["total_files"], "sha256": sha256, "read_at": timezone.now()}
    with transaction.atomic():
        _note(dataset, state=State.READY, message="", **counted)
        begin_what_awaits(dataset, as_sent=sha256 == dataset.sha256)
    places.listing_of(dataset.pk).unlink(missing_ok=True)
