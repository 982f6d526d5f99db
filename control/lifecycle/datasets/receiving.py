"""Files that are sent to a dataset: written beside it first, checked, and put into their place together."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from control.datasets import places
from control.datasets.content import Described
from control.datasets.names import WrongPath, check_path
from control.lifecycle.datasets.changes import check_receives, find_dataset, hold_dataset
from control.lifecycle.datasets.room import check_disk, check_room, dataset_full, full_disk_told
from control.lifecycle.refusals import WrongState
from control.models import Dataset

TOGETHER = 200  # files that are put into their place in one transaction
CHECK_EVERY = 16 * 1024**2  # bytes after which the disk is looked at again
BLOCK = 1024**2


@dataclass(frozen=True)
class Sent:
    """A file on its way. `blocks` is read once."""

    path: str
    blocks: Iterable[bytes]


@dataclass
class Received:
    """What became of the files of one request. `already`: the same content was there under the same path."""

    files: int = 0
    size: int = 0  # bytes
    already: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)  # path and why
    content: list[Described] = field(default_factory=list, compare=False)  # those that were taken


@dataclass(frozen=True)
class _Kept:
    path: str
    draft: Path
    size: int
    sha256: str


def receive_files(dataset_id: UUID, sent: Iterable[Sent], *, announced: int) -> Received:
    """Take files into a dataset that receives. A file that cannot be taken is refused by itself, the others stay.

    `announced`: bytes that the request has at most. Effects, in order: files beside the dataset, then those in their
    places and the counts of its row. Raises NotFound, WrongState where it receives nothing (more), for what is too much
    for it, and for a disk without room: then nothing of the request is kept. What has become too much meanwhile, as
    others send files too, is refused file by file.
    """
    dataset = find_dataset(dataset_id)
    check_receives(dataset)
    _check_here(dataset)
    check_room(announced, there=dataset.total_bytes)
    received = Received()
    with _beside(dataset) as folder, full_disk_told():
        kept = list(_written(sent, folder, received))
        places.uploads_of(dataset.pk).mkdir(exist_ok=True)
        waiting = iter(kept)
        while together := list(islice(waiting, TOGETHER)):
            _put_into_place(dataset, together, received)
    return received


def _check_here(dataset: Dataset) -> None:
    if dataset.station.host != socket.gethostname():
        raise WrongState(
            _("Dataset '%(name)s' receives its files on %(host)s. Send them to the web process there.")
            % {"name": dataset.name, "host": dataset.station.host}
        )


@contextmanager
def _beside(dataset: Dataset) -> Iterator[Path]:
    """A folder for what is being received, gone afterwards."""
    folder = places.incoming_of(dataset.pk) / uuid4().hex
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(sent: Iterable[Sent], folder: Path, received: Received) -> Iterator[_Kept]:
    for number, one in enumerate(sent):
        try:
            path = check_path(one.path)
        except WrongPath as error:
            received.refused.append((shown(one.path), str(error)))
            continue
        draft = folder / str(number)
        digest, size, looked_at = hashlib.sha256(), 0, 0
        with draft.open("wb") as file:
            for block in one.blocks:
                file.write(block)
                digest.update(block)
                size += len(block)
                if size - looked_at >= CHECK_EVERY:
                    check_disk(0)
                    looked_at = size
        yield _Kept(path, draft, size, digest.hexdigest())


def shown(path: str) -> str:
    """A path that nobody has checked, as it may be told."""
    text = "".join(letter if letter.isprintable() else "�" for letter in path)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _put_into_place(dataset: Dataset, together: Sequence[_Kept], received: Received) -> None:
    """What others send to it at the same time counts: the row is held while it is looked at and added to."""
    top = places.uploads_of(dataset.pk)
    with transaction.atomic():
        held = hold_dataset(dataset.pk)
        check_receives(held)
        left = settings.DATASET_MAX_BYTES - held.total_bytes
        placed, others = [], []
        for one in together:
            if _placed(one, top, left):
                placed.append(one)
                left -= one.size
            else:
                others.append(one)
        size = sum(one.size for one in placed)
        Dataset.objects.filter(pk=dataset.pk).update(
            total_files=F("total_files") + len(placed), total_bytes=F("total_bytes") + size
        )
    received.files += len(placed)
    received.size += size
    received.content += [(one.path, one.size, one.sha256) for one in placed]
    for one in others:  # nobody waits while these are hashed: what has a place is changed by nobody
        _tell_why_not(one, top, received)


def _placed(one: _Kept, top: Path, left: int) -> bool:
    """A link, not a move: it fails where something has the name already."""
    target = top / one.path
    if one.size > left:
        return False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(one.draft, target)
    except (FileExistsError, NotADirectoryError):
        return False
    return True


def _tell_why_not(one: _Kept, top: Path, received: Received) -> None:
    target = top / one.path
    if target.is_file() and target.stat().st_size == one.size and _sha256_of(target) == one.sha256:
        received.already += 1
        return
    if target.is_file():
        why = _("Another file of this name was sent before, with other content.")
    elif target.is_dir() or any(parent.is_file() for parent in target.parents):
        why = _("Its name is that of a folder, or a part of it that of a file.")
    else:
        why = dataset_full()
    received.refused.append((one.path, why))


def _sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
