"""Files that are sent to a dataset."""

from __future__ import annotations

import hashlib
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection

from control.datasets import places
from control.lifecycle.datasets import receiving as module
from control.lifecycle.datasets import room
from control.lifecycle.datasets.changes import complete_dataset
from control.lifecycle.datasets.reading import read_dataset
from control.lifecycle.datasets.receiving import Received, Sent, receive_files
from control.lifecycle.refusals import WrongState
from control.models import Dataset
from stations.models import Station
from tests.control.lifecycle.datasets.filled import receiving, send
from tests.rows import ANNA

GIB = 1024**3


def stored(dataset: Dataset) -> dict[str, bytes]:
    top = places.uploads_of(dataset.pk)
    return {str(file.relative_to(top)): file.read_bytes() for file in top.rglob("*") if file.is_file()}


def counted(dataset: Dataset) -> tuple[int, int]:
    return Dataset.objects.values_list("total_files", "total_bytes").get(pk=dataset.pk)


def nothing_is_left_beside(dataset: Dataset) -> bool:
    return not list(places.incoming_of(dataset.pk).iterdir())


def test_files_lie_under_the_paths_that_they_were_sent_with():
    dataset, files = receiving(), {"a.jpg": b"1", "sub/deep/관제.png": b"22"}
    assert send(dataset, files) == Received(files=2, size=3)
    assert (stored(dataset), counted(dataset), nothing_is_left_beside(dataset)) == (files, (2, 3), True)


def test_portions_add_up():
    dataset = receiving()
    for number in range(3):
        send(dataset, {f"{number}.txt": b"12"})
    assert counted(dataset) == (3, 6)


def test_same_file_sent_again_is_there_already():
    dataset = receiving()
    send(dataset, {"a": b"1"})
    assert send(dataset, {"a": b"1", "b": b"2"}) == Received(files=1, size=1, already=1)
    assert counted(dataset) == (2, 2)


def test_upload_is_completed_with_files_that_nobody_came_to_count():
    """The web process was killed when they had their places, and its row knew nothing of them."""
    dataset = receiving()
    places.uploads_of(dataset.pk).mkdir(parents=True)
    (places.uploads_of(dataset.pk) / "a").write_bytes(b"1")
    assert (send(dataset, {"a": b"1"}), counted(dataset)) == (Received(already=1), (0, 0))
    complete_dataset(dataset.pk, by=ANNA)
    read_dataset(dataset.pk)
    assert (Dataset.objects.get().state, counted(dataset)) == ("READY", (1, 1))


def test_other_content_under_the_same_name_is_refused_by_name():
    dataset = receiving()
    send(dataset, {"a": b"1"})
    received = send(dataset, {"a": b"2", "b": b"2"})
    assert received.refused == [("a", "Another file of this name was sent before, with other content.")]
    assert stored(dataset) == {"a": b"1", "b": b"2"}


def test_same_name_twice_in_one_request_is_refused_once():
    dataset = receiving()
    sent = [Sent("a", [b"1"]), Sent("a", [b"2"])]
    received = receive_files(dataset.pk, sent, announced=2)
    assert (received.files, [path for path, _why in received.refused], counted(dataset)) == (1, ["a"], (1, 1))


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a")])
def test_name_of_a_folder_and_of_a_file_is_refused(first: str, second: str):
    dataset = receiving()
    send(dataset, {first: b"1"})
    received = send(dataset, {second: b"1"})
    assert received.refused == [(second, "Its name is that of a folder, or a part of it that of a file.")]


@pytest.mark.parametrize("path", ["../../escaped", "/tmp/gwanje-escaped", "a/../../../b", "", "a\0b", "x" * 300])
def test_name_that_leads_elsewhere_is_refused_and_the_others_stay(path: str):
    dataset = receiving()
    received = send(dataset, {path: b"evil", "good": b"1"})
    assert (received.files, len(received.refused)) == (1, 1)
    assert stored(dataset) == {"good": b"1"}
    top = places.folder_of(dataset.pk)
    assert sorted(file.name for file in top.rglob("*") if file.is_file()) == ["good"]


def test_file_is_never_whole_in_memory_and_its_blocks_are_read_once():
    read: list[int] = []

    def blocks() -> Iterator[bytes]:
        for number in range(5):
            read.append(number)
            yield bytes(1000)

    dataset = receiving()
    assert receive_files(dataset.pk, [Sent("a", blocks())], announced=5000).size == 5000
    assert (read, stored(dataset)["a"]) == ([0, 1, 2, 3, 4], bytes(5000))


def test_request_that_breaks_off_leaves_nothing():
    def torn() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError("gone")

    dataset = receiving()
    with pytest.raises(ConnectionError):
        receive_files(dataset.pk, [Sent("whole", [b"1"]), Sent("torn", torn())], announced=10)
    assert (counted(dataset), nothing_is_left_beside(dataset)) == ((0, 0), True)


def test_upload_that_was_completed_meanwhile_takes_nothing_more():
    dataset = receiving()
    send(dataset, {"a": b"1"})

    def slow() -> Iterator[bytes]:
        complete_dataset(dataset.pk, by=ANNA)
        yield b"late"

    with pytest.raises(WrongState, match="receives no files any more"):
        receive_files(dataset.pk, [Sent("late", slow())], announced=4)
    assert stored(dataset) == {"a": b"1"}


def test_dataset_takes_no_more_than_its_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATASET_MAX_BYTES", 10)
    dataset = receiving()
    send(dataset, {"a": bytes(6)})
    with pytest.raises(WrongState, match="GWANJE_DATASET_MAX_MB"):
        send(dataset, {"b": bytes(6)})


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_time_bring_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATASET_MAX_BYTES", 10)
    dataset, together = receiving(), Barrier(4)

    def bring(name: str) -> Received:
        def blocks() -> Iterator[bytes]:
            together.wait(20)  # all of them have been let in by their announced length
            yield bytes(6)

        try:
            return receive_files(dataset.pk, [Sent(name, blocks())], announced=6)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        brought = list(pool.map(bring, "abcd"))
    assert sorted(received.files for received in brought) == [0, 0, 0, 1]
    assert (counted(dataset), len(stored(dataset))) == ((1, 6), 1)
    assert ["GWANJE_DATASET_MAX_MB" in why for received in brought for _path, why in received.refused] == [True] * 3


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_while_what_is_sent_again_is_hashed(monkeypatch: pytest.MonkeyPatch):
    dataset, held = receiving(), []
    digest = hashlib.file_digest
    monkeypatch.setattr(
        module.hashlib, "file_digest", lambda *given: held.append(connection.in_atomic_block) or digest(*given)
    )
    send(dataset, {"a": b"1"})
    assert (send(dataset, {"a": b"1"}).already, held) == (1, [False])


def test_full_dataset_knows_what_it_has(monkeypatch: pytest.MonkeyPatch):
    """A request that was sent again is no news, whatever its announced length adds up to."""
    dataset, files = receiving(), {"a": bytes(6), "sub/b": bytes(4)}
    send(dataset, files)
    monkeypatch.setattr(settings, "DATASET_MAX_BYTES", 10)
    sent = [Sent(path, [content]) for path, content in {**files, "sub": b"1", "a/c": b"2", "d": b"3"}.items()]
    received = receive_files(dataset.pk, sent, announced=0)
    assert (received.files, received.already, [path for path, _why in received.refused]) == (0, 2, ["sub", "a/c", "d"])
    assert ["folder" in why for _path, why in received.refused] == [True, True, False]


def test_disk_without_room_is_told_before_anything_is_written(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATASET_SPARE_BYTES", 1 << 60)
    dataset = receiving()
    with pytest.raises(WrongState, match="GWANJE_DATASET_SPARE_MB"):
        send(dataset, {"a": b"1"})
    assert not places.folder_of(dataset.pk).exists()


def test_disk_that_fills_up_meanwhile_ends_the_request(monkeypatch: pytest.MonkeyPatch):
    usage = namedtuple("usage", "total used free")
    free = iter([2 * GIB, 2 * GIB, GIB // 2])
    monkeypatch.setattr(module, "CHECK_EVERY", 1000)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _folder: usage(4 * GIB, 0, next(free)))
    dataset = receiving()
    with pytest.raises(WrongState, match="GWANJE_DATASET_SPARE_MB"):
        receive_files(dataset.pk, [Sent("a", [bytes(1000)] * 9)], announced=9000)
    assert nothing_is_left_beside(dataset)


def test_dataset_of_another_host_receives_nothing_here():
    dataset = receiving()
    Station.objects.update(host="bench-pc")
    with pytest.raises(WrongState, match="bench-pc"):
        send(dataset, {"a": b"1"})


def test_nothing_is_written_outside_of_the_dataset(tmp_path: Path):
    """A link that somebody has put between is not part of any name that is sent."""
    dataset = receiving()
    send(dataset, {"a/b": b"1"})
    assert [path for path in places.uploads_of(dataset.pk).rglob("*") if path.is_symlink()] == []
