"""What is not what it was when it was written is found before anything of it is believed."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from control.archive.contents import ArchiveRefused, DamagedArchive, check_fits
from control.archive.reading import check_archive, unpack
from tests.control.archive.conftest import files, forged, members


def test_an_archive_is_unpacked_as_it_was_packed(archive: Path, tmp_path: Path):
    contents = unpack(archive, tmp_path)
    packed = members(archive)
    del packed["contents.json"]
    assert (files(tmp_path), set(contents["members"])) == (packed, set(packed))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 500)


def cut_early(path: Path) -> None:
    os.truncate(path, 20)


def overwrite(path: Path) -> None:
    path.write_text("no archive")


@pytest.mark.parametrize("damage", [flip, cut, cut_early, overwrite, Path.unlink])
def test_a_damaged_archive_is_named(archive: Path, tmp_path: Path, damage: Callable[[Path], object]):
    copy = Path(shutil.copy(archive, tmp_path / "copy.tar.gz"))
    damage(copy)
    with pytest.raises(DamagedArchive) as refused:
        check_archive(copy)
    assert str(refused.value).count(str(copy)) == 1


def lie(contents: dict[str, Any]) -> None:
    contents["members"]["station.yaml"]["sha256"] = "0" * 64


def forget(contents: dict[str, Any]) -> None:
    del contents["members"]["station.yaml"]


@pytest.mark.parametrize("change", [lie, forget])
def test_a_member_that_was_exchanged_is_named(archive: Path, tmp_path: Path, change: Callable[[Any], None]):
    with pytest.raises(DamagedArchive) as refused:
        check_archive(forged(archive, tmp_path / "forged.tar.gz", change))
    assert str(refused.value).endswith("station.yaml is not what was archived. Take another archive.")


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside"])
def test_nothing_is_written_outside(tmp_path: Path, name: str):
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    (tmp_path / "in").mkdir()
    with pytest.raises(DamagedArchive):
        unpack(tmp_path / "bad.tar.gz", tmp_path / "in")
    assert [path.name for path in tmp_path.iterdir() if path.name == "outside"] == []


def test_an_archive_of_somebody_else_is_none(tmp_path: Path):
    with tarfile.open(tmp_path / "theirs.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("readme"), io.BytesIO())
    with pytest.raises(DamagedArchive) as refused:
        check_archive(tmp_path / "theirs.tar.gz")
    assert str(refused.value).endswith("is no archive of Gwanje: it has no readable contents.json.")


def newer(contents: dict[str, Any]) -> None:
    contents["migrations"].append(["control", "9999_of_tomorrow"])


def of_another_format(contents: dict[str, Any]) -> None:
    contents["format"] += 1


@pytest.mark.parametrize("change", [newer, of_another_format])
def test_an_archive_of_a_newer_program_does_not_fit(archive: Path, tmp_path: Path, change: Callable[[Any], None]):
    contents = check_archive(forged(archive, tmp_path / "forged.tar.gz", change))
    with pytest.raises(ArchiveRefused) as refused:
        check_fits(contents)
    assert str(refused.value).startswith("The archive was made by a newer Gwanje (")


def test_an_archive_of_this_program_fits(archive: Path):
    check_fits(check_archive(archive))
