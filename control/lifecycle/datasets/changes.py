"""Making datasets, having them read (again), and removing them."""

from __future__ import annotations

import socket
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from control.datasets import places
from control.datasets.buckets import NoBuckets, check_bucket
from control.datasets.content import Described, content_sha256
from control.datasets.folders import holds_own_files, root_of
from control.journal import bell
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event
from control.lifecycle.refusals import BadValue, NotFound, UnknownName, WrongState, can_be_kept, check_label, check_text
from control.models import Batch, ControlEvent, Dataset, DatasetFile
from control.states import LIVE
from sequences.wording import quoted
from stations.models import Station
from stations.safety.durable import read_json

LONGEST_NAME = 200
LONGEST_LOCATION = 1000
# Rung when there is something to read or to clear away.
DATASETS_BELL = "datasets"
State = Dataset.State


@dataclass(frozen=True)
class NewDataset:
    """What somebody wants. `location`: an absolute folder, or `bucket/prefix`; empty for uploads."""

    name: str = ""
    kind: Dataset.Kind = Dataset.Kind.UPLOAD
    location: str = ""
    station: str | None = None


def create_dataset(new: NewDataset, *, by: Actor, reason: str = USER_REQUEST) -> Dataset:
    """Make a dataset: one that receives files, or one of a folder or bucket, which is read at once.

    Effects, in order: Dataset, a ControlEvent, a bell for its reader. Raises BadValue or UnknownName for what cannot be
    used, WrongState where no station would read it.
    """
    check_text("reason", reason, LONGEST_REASON)
    name = check_label("name", new.name.strip(), LONGEST_NAME)
    location = _checked_location(new)
    uploaded = new.kind == Dataset.Kind.UPLOAD
    dataset = Dataset(
        name=name or _default_name(location),
        kind=new.kind,
        location=location,
        station=_station(new.station, here=new.kind != Dataset.Kind.BUCKET),
        state=State.RECEIVING if uploaded else State.READING,
        created_by=by.user,
        submitted_by=by.name,
    )
    with transaction.atomic():
        dataset.save(force_insert=True)
        _record("created", dataset, by, reason, after={"kind": dataset.kind, "location": location})
        bell.ring(DATASETS_BELL)
    return dataset


def complete_dataset(
    dataset_id: UUID, *, by: Actor, reason: str = USER_REQUEST, content: Collection[Described] = ()
) -> Dataset:
    """Every file has been sent: let it be read. Effects, in order: its state, a ControlEvent, a bell for its reader.

    `content`: what has been received, where all of it is known. Then batches may wait for it already, and it is known
    whether they do what others do.

    Raises NotFound, WrongState where nothing was sent or nothing more is received.
    """
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        dataset = hold_dataset(dataset_id)
        check_receives(dataset)
        if not dataset.total_files and not _has_arrived(dataset):
            raise WrongState(_("Dataset '%(name)s' has no files yet. Send some first.") % {"name": dataset.name})
        whole = len(content) == dataset.total_files  # what was received stays, so nobody else has sent anything
        _move(dataset, State.READING, sha256=content_sha256(sorted(content)) if whole else "")
        _record("completed", dataset, by, reason, after={"files": dataset.total_files, "bytes": dataset.total_bytes})
        bell.ring(DATASETS_BELL)
    return dataset


def _has_arrived(dataset: Dataset) -> bool:
    """Files have their places before they are counted: whoever was killed in between has left some. Reading counts all
    of them anew.
    """
    return any(file.is_file() for file in places.uploads_of(dataset.pk).rglob("*"))


def read_again(dataset_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Dataset:
    """Read a dataset anew, as its files may be others by now.

    Effects, in order: its state and counts, a ControlEvent, a bell for its reader. Raises NotFound, WrongState while it
    is being filled or read, or a live batch uses it.
    """
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        dataset = hold_dataset(dataset_id)
        if dataset.state not in (State.READY, State.FAILED):
            raise WrongState(
                _("Dataset '%(name)s' is not ready to be read again: %(state)s.")
                % {"name": dataset.name, "state": dataset.get_state_display()}
            )
        _check_unused(dataset)
        before = {"files": dataset.total_files, "sha256": dataset.sha256}
        _move(dataset, State.READING, message="", read_files=0, bad_files=0, sha256="", reader_losses=0, read_at=None)
        _record("read again", dataset, by, reason, before=before)
        bell.ring(DATASETS_BELL)
    return dataset


def delete_dataset(dataset_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Dataset:
    """Remove a dataset: what was uploaded and its thumbnails go; a folder or bucket is left as it is.

    Effects, in order: its state, a ControlEvent, a bell for the housekeeping of its station, which clears its files
    away, then its rows. What batches have used stays as a row that says REMOVED, with its list of files. Raises
    NotFound, WrongState while a live batch uses it.
    """
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        dataset = hold_dataset(dataset_id)
        _check_unused(dataset)
        before = {"state": dataset.state, "files": dataset.total_files, "sha256": dataset.sha256}
        _move(dataset, State.REMOVED, message="")
        _record("deleted", dataset, by, reason, before=before)
        bell.ring(DATASETS_BELL)
    return dataset


def find_dataset(dataset_id: UUID) -> Dataset:
    """With its station; one that is removed, too, as batches name it. Raises NotFound."""
    found = Dataset.objects.filter(pk=dataset_id).select_related("station").first()
    if found is None:
        raise NotFound(_("There is no dataset %(id)s. It may have been deleted.") % {"id": dataset_id})
    return found


def find_file(dataset: Dataset, index: int) -> DatasetFile:
    """Raises NotFound."""
    found = DatasetFile.objects.filter(dataset=dataset, index=index).first() if index < 2**31 else None
    if found is None:
        raise NotFound(_("Dataset '%(name)s' has no file %(index)d.") % {"name": dataset.name, "index": index})
    return found


def hold_dataset(dataset_id: UUID) -> Dataset:
    """A dataset that stays as it is until the transaction ends. Raises NotFound, also for one that is removed.

    (On SQLite the transaction itself holds everything.)
    """
    Dataset.objects.select_for_update().filter(pk=dataset_id).values_list("pk").first()
    found = find_dataset(dataset_id)
    if found.state == State.REMOVED:
        raise NotFound(_("Dataset '%(name)s' has been deleted.") % {"name": found.name})
    return found


def _checked_location(new: NewDataset) -> str:
    location = new.location.strip()
    if new.kind == Dataset.Kind.UPLOAD:
        if location:
            raise BadValue(_("Uploaded files have no location. Leave it out."), field="location")
        return ""
    if not location:
        raise BadValue(_("Say where its files are."), field="location")
    if len(location) > LONGEST_LOCATION or not can_be_kept(location):
        raise BadValue(
            _("The location is longer than %d characters, or holds one that no name has.") % LONGEST_LOCATION,
            field="location",
        )
    if new.kind == Dataset.Kind.FOLDER:
        return _checked_folder(location)
    try:
        return check_bucket(location)
    except NoBuckets as error:
        raise BadValue(str(error), field="location") from error


def _checked_folder(location: str) -> str:
    """The folder without links and `..`: what it leads to must be allowed."""
    if not settings.DATASET_ROOTS:
        raise BadValue(
            _("No folder is allowed here. Name those that datasets may lie in with GWANJE_DATASET_ROOTS."),
            field="location",
        )
    folder = Path(location)
    if not folder.is_absolute():
        raise BadValue(_("Name the folder by its absolute path."), field="location")
    try:
        folder = folder.resolve(strict=False)
    except (OSError, RuntimeError) as error:  # names that no system takes, links in a circle
        raise BadValue(str(error), field="location") from error
    if root_of(folder) is None:
        roots = ", ".join(map(str, settings.DATASET_ROOTS))
        raise BadValue(
            _("'%(folder)s' is not below an allowed folder. Allowed: %(roots)s.")
            % {"folder": quoted(location), "roots": roots},
            field="location",
        )
    if holds_own_files(folder):
        raise BadValue(_("The data directory of Gwanje is no dataset, nor is a folder around it."), field="location")
    if not folder.is_dir():
        raise BadValue(_("There is no folder '%(folder)s'.") % {"folder": quoted(location)}, field="location")
    return str(folder)


def _default_name(location: str) -> str:
    last = location.rstrip("/").rpartition("/")[2]
    return (last or f"upload {timezone.localtime():%Y-%m-%d %H:%M}")[:LONGEST_NAME]


def _station(named: str | None, *, here: bool) -> Station:
    """Who reads it: the named station, else that of this data directory, else one of this host.

    `here`: its files are on this host. Raises UnknownName, WrongState.
    """
    if named is not None:
        found = Station.objects.filter(pk=named).first() if can_be_kept(named) else None
        if found is None:
            raise UnknownName("station", named, Station.objects.values_list("pk", flat=True))
    else:
        own = (read_json(settings.STATION_PATHS.warden_config) or {}).get("station")
        stations = Station.objects.filter(Q(host=socket.gethostname()) | Q(pk=own))
        living = stations.order_by("-heartbeat_at")
        found = next((station for station in living if station.pk == own), None) or living.first()
    if found is None or (here and found.host != socket.gethostname()):
        raise WrongState(
            _("No station of this host (%(host)s) would read it. Start one here, or ask the web process there.")
            % {"host": socket.gethostname()}
        )
    return found


def check_receives(dataset: Dataset) -> None:
    if dataset.state != State.RECEIVING:
        raise WrongState(
            _("Dataset '%(name)s' receives no files any more: %(state)s. Make a new one for others.")
            % {"name": dataset.name, "state": dataset.get_state_display()}
        )


def _check_unused(dataset: Dataset) -> None:
    live = Batch.objects.filter(Q(dataset=dataset) | Q(target_dataset=dataset), state__in=LIVE).first()
    if live is not None:
        raise WrongState(
            _("Batch '%(batch)s' uses dataset '%(name)s'. Wait for it, or stop it first.")
            % {"batch": live.name, "name": dataset.name}
        )


def _move(dataset: Dataset, state: Dataset.State, **columns: Any) -> None:
    """The caller holds the dataset."""
    Dataset.objects.filter(pk=dataset.pk).update(state=state, **columns)
    for name, value in {"state": state, **columns}.items():
        setattr(dataset, name, value)


def _record(change: str, dataset: Dataset, by: Actor, reason: str, **states: Any) -> None:
    details = {"change": change, "name": dataset.name}
    kind = ControlEvent.Kind.DATASET_CHANGE
    record_control_event(kind, by=by, reason=reason, at_once=True, scope=str(dataset.pk), details=details, **states)
