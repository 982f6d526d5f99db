"""Reading a dataset: counted, hashed, looked at; gone on with after a death."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from control.datasets import access, places
from control.datasets.content import content_sha256
from control.lifecycle.datasets import reading
from control.lifecycle.datasets.changes import NewDataset, create_dataset, delete_dataset, read_again
from control.lifecycle.datasets.reading import ReadElsewhere, read_dataset
from control.models import Dataset, DatasetFile
from stations.models import Station
from tests.control.datasets.pictures import bomb, picture
from tests.control.lifecycle.datasets.filled import ready, uploaded
from tests.rows import ANNA

State, Kind = Dataset.State, Dataset.Kind


class Killed(BaseException):
    """What nobody catches."""


def rows(dataset: Dataset) -> dict[str, DatasetFile]:
    return {row.path: row for row in DatasetFile.objects.filter(dataset=dataset)}


def of_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setattr(settings, "DATASET_ROOTS", [folder])
    dataset = create_dataset(NewDataset("", Kind.FOLDER, str(folder)), by=ANNA)
    read_dataset(dataset.pk)
    dataset.refresh_from_db()
    return dataset


def test_files_are_numbered_in_the_order_of_their_paths():
    dataset = ready({"b": b"1", "a/c": b"1", "a-b": b"1", "가": b"1", "B": b"1"})
    assert [row.path for row in dataset.files.order_by("index")] == ["B", "a-b", "a/c", "b", "가"]
    assert [row.index for row in dataset.files.order_by("index")] == [0, 1, 2, 3, 4]


def test_every_file_has_its_hash_its_kind_and_its_thumbnail():
    content = picture(320, 200)
    dataset = ready({"a.jpg": content, "notes.txt": b"hello"})
    image, notes = rows(dataset)["a.jpg"], rows(dataset)["notes.txt"]
    assert (image.size, image.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (image.media_type, image.width, image.height, image.thumbnail) == ("image/jpeg", 320, 200, True)
    assert access.thumbnail_path(dataset, image.index).read_bytes()[:3] == b"\xff\xd8\xff"
    assert (notes.media_type, notes.width, notes.thumbnail, notes.problem) == ("text/plain", None, False, "")


def test_bad_files_have_their_problem_and_the_dataset_is_ready():
    files = {"0.jpg": b"", "1.png": b"text", "2.png": bomb(), "3.jpg": picture()[:2000], "4.jpg": picture()}
    dataset = ready(files)
    assert (dataset.total_files, dataset.read_files, dataset.bad_files) == (5, 5, 4)
    assert [bool(row.problem) for row in dataset.files.order_by("index")] == [True] * 4 + [False]
    assert dataset.total_bytes == sum(map(len, files.values()))


def test_same_content_has_the_same_sha256_whatever_it_is_called():
    one, two = (ready({"a": b"1", "b": b"2"}, name) for name in ("one", "two"))
    assert one.sha256 == two.sha256 == content_sha256(iter(one.files.values_list("path", "size", "sha256")))
    assert len({one.sha256, *(ready(files).sha256 for files in ({"a": b"2", "b": b"1"}, {"a": b"1"}))}) == 3


def test_folder_is_read_with_what_is_wrong_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.png").write_bytes(picture(kind="PNG"))
    (folder / "link").symlink_to("/etc/passwd")
    (folder / ".hidden").touch()
    dataset = of_folder(folder, monkeypatch)
    assert {row.path: row.problem for row in dataset.files.all()} == {
        "link": "It is a symbolic link, and these are not followed.",
        "sub/a.png": "",
    }
    assert (dataset.state, rows(dataset)["link"].sha256) == (State.READY, "")


def test_folder_that_became_a_link_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder, elsewhere = tmp_path / "root" / "images", tmp_path / "elsewhere"
    folder.mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "secret").write_text("secret")
    monkeypatch.setattr(settings, "DATASET_ROOTS", [tmp_path / "root"])
    dataset = create_dataset(NewDataset("", Kind.FOLDER, str(folder)), by=ANNA)
    folder.rmdir()
    folder.symlink_to(elsewhere)
    read_dataset(dataset.pk)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.files.count()) == (State.FAILED, 0)
    assert dataset.message == f"{folder} leads elsewhere by now, over a symbolic link."


@pytest.mark.parametrize("spoil", [lambda folder: folder.rmdir(), lambda folder: None])
def test_folder_without_files_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], Any]
):
    folder = tmp_path / "images"
    folder.mkdir()
    monkeypatch.setattr(settings, "DATASET_ROOTS", [tmp_path])
    dataset = create_dataset(NewDataset("", Kind.FOLDER, str(folder)), by=ANNA)
    spoil(folder)
    read_dataset(dataset.pk)
    dataset.refresh_from_db()
    assert (dataset.state, bool(dataset.message)) == (State.FAILED, True)


def test_folder_that_is_no_longer_allowed_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a").touch()
    dataset = of_folder(tmp_path, monkeypatch)
    monkeypatch.setattr(settings, "DATASET_ROOTS", [])
    assert not access.is_reachable_here(dataset)
    with pytest.raises(OSError, match="GWANJE_DATASET_ROOTS"):
        access.place_of(dataset, dataset.files.get())


def test_killed_reader_is_gone_on_with(monkeypatch: pytest.MonkeyPatch):
    files = {f"{number:03}.png": picture(20 + number, 20, "PNG") for number in range(30)}
    dataset = uploaded(files)
    monkeypatch.setattr(reading, "PAGE", 4)
    look = reading._row

    def die(*given: Any) -> DatasetFile:
        if given[1] == 10:  # two pages are written down
            raise Killed
        return look(*given)

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(reading, "_row", die)
        read_dataset(dataset.pk)
    looked_at_now: list[str] = []
    monkeypatch.setattr(reading, "_row", lambda *given: looked_at_now.append(given[2].path) or look(*given))
    read_dataset(dataset.pk)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.read_files, dataset.files.count()) == (State.READY, 30, 30)
    assert looked_at_now == sorted(files)[8:]
    assert dataset.sha256 == ready(files).sha256


def test_reading_again_forgets_what_is_gone():
    dataset = ready({"a": b"1", "b": b"2"})
    (places.uploads_of(dataset.pk) / "a").unlink()
    read_again(dataset.pk, by=ANNA)
    read_dataset(dataset.pk)
    dataset.refresh_from_db()
    assert ([row.path for row in dataset.files.all()], dataset.sha256) == (["b"], ready({"b": b"2"}).sha256)


def test_deleted_dataset_is_read_no_further(monkeypatch: pytest.MonkeyPatch):
    dataset = uploaded({"a": b"1", "b": b"2"})
    look = reading._row
    monkeypatch.setattr(reading, "_row", lambda *given: delete_dataset(dataset.pk, by=ANNA) and look(*given))
    with pytest.raises(Exception, match="has been deleted"):  # by the second file
        read_dataset(dataset.pk)
    monkeypatch.setattr(reading, "_row", look)
    read_dataset(dataset.pk)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.files.count()) == (State.REMOVED, 0)


def test_two_readers_never_read_the_same():
    dataset = uploaded({"a": b"1"})
    with reading._alone(dataset.pk), pytest.raises(ReadElsewhere):
        read_dataset(dataset.pk)


def test_file_has_its_place_on_this_host():
    dataset = ready({"sub/a.txt": b"hello"})
    place = access.place_of(dataset, dataset.files.get())
    assert (Path(place["file"]).read_bytes(), access.is_reachable_here(dataset)) == (b"hello", True)


def test_place_is_refused_when_the_file_is_gone_or_a_link():
    dataset = ready({"a.txt": b"hello", "b.txt": b"hello"})
    gone, linked = dataset.files.order_by("index")
    (places.uploads_of(dataset.pk) / "a.txt").unlink()
    (places.uploads_of(dataset.pk) / "b.txt").unlink()
    (places.uploads_of(dataset.pk) / "b.txt").symlink_to("/etc/passwd")
    for file in (gone, linked):
        with pytest.raises(OSError, match=r"\w"):
            access.place_of(dataset, file)


def test_dataset_of_another_host_is_not_reachable_here():
    dataset = ready({"a.txt": b"hello"})
    Station.objects.update(host="bench-pc")
    dataset = Dataset.objects.get()
    assert not access.is_reachable_here(dataset)
    with pytest.raises(OSError, match="bench-pc"):
        access.place_of(dataset, dataset.files.get())
