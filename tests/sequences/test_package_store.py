"""The contents with which batches were submitted: complete, out of reach, and gone when nobody needs them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from sequences.catalogue import content_hash, read_package
from sequences.package_store import ContentChanged, PackageStore

GOOD = "@step\ndef a(self, run): pass\n"
HOUR = 3600.0


@pytest.fixture
def store(tmp_path: Path) -> PackageStore:
    return PackageStore(tmp_path / "store")


def age(place: Path) -> None:
    os.utime(place, (1_700_000_000, 1_700_000_000))


def test_content_is_kept_as_it_was_read_without_compiled_files(write_package, store):
    folder = write_package(GOOD)
    (folder / "data").mkdir()
    (folder / "data" / "points.csv").write_text("1,2")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "sequence.pyc").write_bytes(b"x")
    package = read_package(folder)
    kept = store.keep(package)
    assert kept == store.folder / package.sha256 / "sample"
    files = sorted(str(file.relative_to(kept)) for file in kept.rglob("*") if file.is_file())
    assert (files, content_hash(kept)) == (["data/points.csv", "manifest.yaml", "sequence.py"], package.sha256)
    assert [place.name for place in store.folder.iterdir()] == [package.sha256]
    found = store.find(package.sha256, "sample")
    assert (found.problems, found.manifest) == ([], package.manifest)


def test_what_happens_to_the_folder_does_not_happen_to_the_content(write_package, store):
    folder = write_package(GOOD)
    package = read_package(folder)
    kept = store.keep(package)
    (folder / "sequence.py").write_text("1 / 0\n")
    assert store.find(package.sha256, "sample").sha256 == package.sha256
    for file in folder.iterdir():
        file.unlink()
    assert (kept / "sequence.py").read_text().endswith("pass\n")


def test_content_that_is_there_is_not_written_again(write_package, store):
    package = read_package(write_package(GOOD))
    inode = (store.keep(package) / "sequence.py").stat().st_ino
    assert (store.keep(package) / "sequence.py").stat().st_ino == inode


def test_content_that_somebody_has_changed_is_put_right(write_package, store):
    package = read_package(write_package(GOOD))
    kept = store.keep(package)
    (kept / "sequence.py").chmod(0o644)
    (kept / "sequence.py").write_text("1 / 0\n")
    assert store.find(package.sha256, "sample") is None
    assert store.keep(package) == kept
    assert content_hash(kept) == package.sha256


def test_package_that_changed_since_it_was_read_is_not_kept(write_package, store):
    folder = write_package(GOOD)
    package = read_package(folder)
    (folder / "sequence.py").write_text("1 / 0\n")
    with pytest.raises(ContentChanged, match="was changed while it was read"):
        store.keep(package)
    assert list(store.folder.iterdir()) == []


def test_many_who_keep_the_same_at_once_keep_it_once(write_package, store):
    package = read_package(write_package(GOOD))
    failed: list[Exception] = []

    def keep() -> None:
        try:
            for _ in range(20):
                store.keep(package)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=keep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, [place.name for place in store.folder.iterdir()]) == ([], [package.sha256])


def test_only_what_nobody_asked_for_lately_is_removed(write_package, store):
    assert store.older_than(HOUR) == set()
    package = read_package(write_package(GOOD))
    kept = store.keep(package)
    assert store.older_than(HOUR) == set()
    age(kept.parent)
    assert store.older_than(HOUR) == {package.sha256}
    store.keep(package)  # a new batch
    assert store.remove({package.sha256}, HOUR) == 0
    assert store.find(package.sha256, "sample") is not None
    age(kept.parent)
    assert store.remove({package.sha256}, HOUR) == 1
    assert list(store.folder.iterdir()) == []


def test_what_was_left_by_somebody_who_was_killed_goes_too(store):
    (store.folder / ".draft-x" / "half").mkdir(parents=True)
    assert (store.older_than(0.0), store.remove(set(), HOUR)) == (set(), 0)
    assert [place.name for place in store.folder.iterdir()] == [".draft-x"]
    age(store.folder / ".draft-x")
    store.remove(set(), HOUR)
    assert list(store.folder.iterdir()) == []
