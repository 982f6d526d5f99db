"""Folders of a host: opened step by step, never through a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings

from control.datasets.folders import list_files, open_file, root_of


def problems(top: Path, **more: bool) -> dict[str, str]:
    return {found.path: found.problem for found in list_files(top, **{"hidden": False, **more})}


def test_files_are_listed_with_their_size_below_every_folder(tmp_path: Path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.txt").write_bytes(b"1234")
    (tmp_path / "d.txt").write_bytes(b"")
    assert {found.path: found.size for found in list_files(tmp_path, hidden=False)} == {"a/b/c.txt": 4, "d.txt": 0}


def test_hidden_files_are_left_out_unless_wanted(tmp_path: Path):
    for name in (".git", "shown"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / ".DS_Store").touch()
    assert list(problems(tmp_path)) == ["shown/file"]
    assert sorted(problems(tmp_path, hidden=True)) == [".DS_Store", ".git/file", "shown/file"]


def test_links_and_pipes_are_listed_with_their_problem(tmp_path: Path):
    top = tmp_path / "top"
    top.mkdir()
    (tmp_path / "secret").write_text("secret")
    (top / "link").symlink_to(tmp_path / "secret")
    (top / "folder").symlink_to(tmp_path)
    os.mkfifo(top / "pipe")
    found = problems(top)
    assert sorted(found) == ["folder", "link", "pipe"]
    assert found["link"] == found["folder"] == "It is a symbolic link, and these are not followed."
    assert found["pipe"] == "It is no regular file."


@pytest.mark.parametrize("path", ["link", "folder/secret", "pipe", "gone", "sub"])
def test_no_file_is_opened_through_a_link_nor_what_is_none(tmp_path: Path, path: str):
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (top / "link").symlink_to(tmp_path / "secret")
    (top / "folder").symlink_to(tmp_path)
    os.mkfifo(top / "pipe")
    with pytest.raises(OSError, match=r"\w"):
        open_file(top, path)


def test_name_that_is_no_text_is_listed_with_its_problem(tmp_path: Path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")).touch()
    assert problems(tmp_path) == {"caf\\xe9.jpg": "Its name is too long or no text. Rename it."}


def test_path_longer_than_the_database_takes_is_cut_and_told(tmp_path: Path):
    deep = tmp_path.joinpath(*["x" * 200] * 6)
    deep.mkdir(parents=True)
    for name in ("a", "b"):
        (deep / name).touch()
    found = problems(tmp_path)
    assert (len(found), {len(path) < 300 for path in found}) == (2, {True})
    assert set(found.values()) == {"Its name is too long or no text. Rename it."}


def test_root_is_found_for_folders_below_it_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATASET_ROOTS", [tmp_path / "images"])
    assert root_of(tmp_path / "images" / "a") == root_of(tmp_path / "images") == tmp_path / "images"
    assert root_of(tmp_path) is root_of(tmp_path / "images-2") is None
