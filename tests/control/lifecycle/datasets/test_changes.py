"""Making, completing, reading again and deleting datasets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from control.datasets import places
from control.lifecycle.datasets.changes import (
    NewDataset,
    complete_dataset,
    create_dataset,
    delete_dataset,
    find_dataset,
    read_again,
)
from control.lifecycle.datasets.removing import forget_removed
from control.lifecycle.refusals import BadValue, NotFound, Refused, UnknownName, WrongState
from control.models import Batch, ControlEvent, Dataset, DatasetFile
from stations.models import Station
from tests.control.lifecycle.datasets.filled import ready, receiving, send, uploaded, working_on
from tests.rows import ANNA

State, Kind = Dataset.State, Dataset.Kind


def folder(location: object, name: str = "") -> Dataset:
    return create_dataset(NewDataset(name, Kind.FOLDER, str(location)), by=ANNA)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "images" / "set-1").mkdir(parents=True)
    monkeypatch.setattr(settings, "DATASET_ROOTS", [tmp_path / "images"])
    return tmp_path / "images"


def test_upload_begins_by_receiving_at_the_station_of_this_host():
    dataset = receiving("tiles")
    event = ControlEvent.objects.get()
    assert (dataset.state, dataset.station_id, dataset.submitted_by) == (State.RECEIVING, "demo", "anna")
    assert (event.kind, event.scope, event.details) == (
        "DATASET_CHANGE",
        str(dataset.pk),
        {"change": "created", "name": "tiles"},
    )


def test_upload_without_a_name_is_named_by_its_time():
    assert create_dataset(NewDataset(), by=ANNA).name == f"upload {timezone.localtime():%Y-%m-%d %H:%M}"


def test_folder_is_read_at_once_under_its_last_name(root: Path):
    dataset = folder(root / "set-1")
    assert (dataset.name, dataset.state, dataset.location) == ("set-1", State.READING, str(root / "set-1"))


def test_folder_is_kept_as_what_links_and_dots_lead_to(root: Path):
    (root / "link").symlink_to(root / "set-1")
    assert folder(f"{root}/link/../link").location == str(root / "set-1")


@pytest.mark.parametrize("location", ["{root}/..", "{root}/../images-2", "{root}/out", "/etc", "/"])
def test_folder_outside_of_every_root_is_refused(root: Path, location: str):
    (root / "out").symlink_to("/etc")
    (root.parent / "images-2").mkdir()
    with pytest.raises(BadValue, match="is not below an allowed folder") as refused:
        folder(location.format(root=root))
    assert (refused.value.field, Dataset.objects.count()) == ("location", 0)


@pytest.mark.parametrize("location", ["", " ", "set-1", "{root}/gone", "{root}/a\0b", "/" + "x" * 1001, "{root}/file"])
def test_folder_that_cannot_be_one_is_refused(root: Path, location: str):
    (root / "file").touch()
    with pytest.raises(BadValue) as refused:
        folder(location.format(root=root))
    assert refused.value.field == "location"


@pytest.mark.parametrize("inside", ["", "..", "datasets"])
def test_own_data_is_no_dataset(monkeypatch: pytest.MonkeyPatch, inside: str):
    monkeypatch.setattr(settings, "DATASET_ROOTS", [settings.DATA_DIR.parent])
    with pytest.raises(BadValue, match="The data directory of Gwanje is no dataset"):
        folder(settings.DATA_DIR / inside)


def test_folder_is_refused_with_the_remedy_where_none_is_allowed(tmp_path: Path):
    with pytest.raises(BadValue, match="GWANJE_DATASET_ROOTS"):
        folder(tmp_path)


def test_bucket_is_refused_with_the_remedy_where_none_is_allowed():
    with pytest.raises(BadValue, match="GWANJE_DATASET_BUCKETS"):
        create_dataset(NewDataset("", Kind.BUCKET, "photos/2026"), by=ANNA)


def test_bucket_that_nobody_allowed_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATASET_BUCKETS", ["archive"])
    with pytest.raises(BadValue, match="Allowed: archive"):
        create_dataset(NewDataset("", Kind.BUCKET, "photos/2026"), by=ANNA)


@pytest.mark.parametrize("name", ["x" * 201, "a\nb", "a\0", "a\u202eb"])
def test_name_that_no_list_shows_is_refused(name: str):
    with pytest.raises(BadValue):
        receiving(name)


def test_unknown_station_is_refused():
    with pytest.raises(UnknownName, match="There is no station 'mars'"):
        create_dataset(NewDataset("a", station="mars"), by=ANNA)


def test_station_of_another_host_receives_nothing_here():
    Station.objects.update(host="bench-pc")
    for named in ("demo", None):
        with pytest.raises(WrongState, match="No station of this host"):
            create_dataset(NewDataset("a", station=named), by=ANNA)


def test_complete_upload_waits_for_its_reader():
    dataset = uploaded({"a.txt": b"a"})
    assert (dataset.state, ControlEvent.objects.last().after) == (State.READING, {"files": 1, "bytes": 1})


def test_upload_without_files_cannot_be_completed():
    with pytest.raises(WrongState, match="has no files yet"):
        complete_dataset(receiving().pk, by=ANNA)


def test_reading_again_finds_what_has_changed(root: Path):
    dataset = ready({"a.txt": b"a", "b.txt": b"b"})
    before = dataset.sha256
    (places.uploads_of(dataset.pk) / "a.txt").write_bytes(b"other")
    again = read_again(dataset.pk, by=ANNA)
    assert (again.state, again.sha256, again.read_files) == (State.READING, "", 0)
    from_now_on = ready({"a.txt": b"other", "b.txt": b"b"}, "same")
    assert from_now_on.sha256 != before


MOVES: dict[str, Callable[[Dataset], object]] = {
    "send": lambda dataset: send(dataset, {"more": b"1"}),
    "complete": lambda dataset: complete_dataset(dataset.pk, by=ANNA),
    "read": lambda dataset: read_again(dataset.pk, by=ANNA),
    "delete": lambda dataset: delete_dataset(dataset.pk, by=ANNA),
}
ALLOWED = {
    State.RECEIVING: {"send", "complete", "delete"},
    State.READING: {"delete"},
    State.READY: {"read", "delete"},
    State.FAILED: {"read", "delete"},
    State.REMOVED: set(),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", MOVES)
def test_every_state_takes_its_moves_and_refuses_the_others(state: Dataset.State, move: str):
    dataset = receiving()
    send(dataset, {"a": b"1"})
    Dataset.objects.filter(pk=dataset.pk).update(state=state, sha256="0" * 64)
    try:
        MOVES[move](dataset)
        taken = True
    except Refused as error:
        taken = False
        assert error.status == (404 if state == State.REMOVED and move != "send" else 409)
        assert Dataset.objects.get().state == state
    assert taken == (move in ALLOWED[state])


@pytest.mark.parametrize("column", ["dataset", "target_dataset"])
def test_what_a_live_batch_uses_stays_as_it_is(column: str):
    dataset = ready({"a.txt": b"a"})
    working_on(dataset, **{"dataset": None, column: dataset})
    for change in (delete_dataset, read_again):
        with pytest.raises(WrongState, match="uses dataset 'tiles'"):
            change(dataset.pk, by=ANNA)
    assert find_dataset(dataset.pk).state == State.READY


def test_deleted_dataset_goes_with_its_rows_when_no_batch_has_used_it():
    dataset = ready({"a.txt": b"a"})
    delete_dataset(dataset.pk, by=ANNA)
    assert (forget_removed(dataset.pk), Dataset.objects.count(), DatasetFile.objects.count()) == (True, 0, 0)


def test_deleted_dataset_keeps_its_rows_for_batches_that_ended():
    dataset = ready({"a.txt": b"a"})
    batch = working_on(dataset, state="COMPLETED", ended_at=timezone.now())
    delete_dataset(dataset.pk, by=ANNA)
    assert (forget_removed(dataset.pk), DatasetFile.objects.count()) == (False, 1)
    assert Batch.objects.get(pk=batch.pk).dataset.state == State.REMOVED


def test_dataset_that_is_there_is_not_forgotten():
    dataset = ready({"a.txt": b"a"})
    assert (forget_removed(dataset.pk), Dataset.objects.count()) == (False, 1)


def test_unknown_dataset_is_not_found():
    with pytest.raises(NotFound, match="There is no dataset"):
        find_dataset(uuid4())
