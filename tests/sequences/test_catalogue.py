"""Finding packages, and telling whether one has changed."""

from __future__ import annotations

import hashlib
import os

from sequences.catalogue import content_hash, find_packages, read_package

GOOD = "@step\ndef a(self, run): pass\n"


def test_packages_are_found_by_name(write_package, tmp_path):
    write_package(GOOD, "title: One", name="one")
    write_package("1 / 0", name="two")
    (tmp_path / "no_package").mkdir()
    packages = find_packages([tmp_path, tmp_path / "missing"])
    assert list(packages) == ["one", "two"]
    assert (packages["one"].title, packages["one"].version, packages["one"].problems) == ("One", "1.0", [])
    assert [problem.code for problem in packages["two"].problems] == ["E204"]


def test_first_folder_wins(write_package, tmp_path):
    write_package(GOOD, "title: First", name="first/same")
    write_package(GOOD, name="second/same")
    for folder in ("first", "second"):
        manifest = tmp_path / folder / "same" / "manifest.yaml"
        manifest.write_text(manifest.read_text().replace(f"{folder}/same", "same"))
    found = find_packages([tmp_path / "first", tmp_path / "second"])
    assert (list(found), found["same"].title) == (["same"], "First")


def test_package_is_read_anew_when_a_file_changes_and_not_before(write_package):
    package = write_package(GOOD, "title: One")
    for file in package.iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000))  # it has been there for a while
    first = read_package(package)
    assert read_package(package) is first
    (package / "manifest.yaml").write_text((package / "manifest.yaml").read_text().replace("One", "Two"))
    assert read_package(package).title == "Two"
    assert read_package(package) is not read_package(package)  # it may change once more within the same moment


def test_package_without_usable_manifest_is_called_by_its_folder(write_package):
    package = write_package(GOOD, "title: [")
    assert (read_package(package).name, read_package(package).title) == ("sample", "sample")


def test_hash_covers_names_and_content_but_no_compiled_files(write_package):
    package = write_package(GOOD)
    before = content_hash(package)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "sequence.pyc").write_bytes(b"x")
    assert content_hash(package) == before
    (package / "data.csv").write_text("1")
    changed = content_hash(package)
    (package / "data.csv").rename(package / "data.txt")
    assert len({before, changed, content_hash(package)}) == 3


def test_hash_is_that_of_sorted_path_length_and_bytes(tmp_path):
    (tmp_path / "b").write_bytes(b"22")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "c").write_bytes(b"1")
    assert content_hash(tmp_path) == hashlib.sha256(b"a/c\0001\0001b\0002\00022").hexdigest()
