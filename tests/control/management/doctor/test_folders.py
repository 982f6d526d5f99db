"""Folders: who may look in, and how much room is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from control.management.doctor import folders
from control.management.doctor.folders import look_at_data_directory, look_at_runtime_directory
from control.metrics import disk
from stations.paths import StationPaths
from tests.control.management.doctor.told import levels


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setattr(settings, "DATA_DIR", folder)
    monkeypatch.setattr(settings, "STATION_PATHS", StationPaths(folder))
    monkeypatch.setattr(disk, "FULL_FROM", (101, 102, 103))
    return folder


def test_data_directory_that_is_not_there_yet_is_not_made(data: Path):
    assert (levels(look_at_data_directory()), data.exists()) == (["attention"], False)


def test_private_data_directory_is_good(data: Path):
    data.mkdir(mode=0o700)
    assert levels(look_at_data_directory()) == ["ok"]


def test_data_directory_that_others_may_enter_needs_attention(data: Path):
    data.mkdir(mode=0o700)
    data.chmod(0o755)
    first, *_ = look_at_data_directory()
    assert (first.level, first.remedy) == ("attention", f"chmod 700 {data}")


@pytest.mark.parametrize(
    ("limits", "level"), [((0, 101, 102), "attention"), ((0, 0, 101), "attention"), ((0, 0, 0), "wrong")]
)
def test_full_disk_is_graded(data: Path, monkeypatch: pytest.MonkeyPatch, limits: tuple[int, ...], level: str):
    data.mkdir(mode=0o700)
    monkeypatch.setattr(disk, "FULL_FROM", limits)
    assert levels(look_at_data_directory()) == [level]


def test_runtime_directory_is_ours_alone_or_wrong(data: Path):
    runtime = StationPaths(data).runtime
    assert levels(look_at_runtime_directory()) == ["ok"]
    runtime.mkdir(mode=0o700)
    try:
        assert levels(look_at_runtime_directory()) == ["ok"]
        runtime.chmod(0o777)
        (finding,) = look_at_runtime_directory()
        assert (finding.level, finding.remedy.endswith(f"rm -r {runtime}")) == ("wrong", True)
    finally:
        runtime.rmdir()


def test_limits_of_the_disk_fit_the_levels():
    assert (len(disk.FULL_FROM), folders.FULL_FROM) == (3, disk.FULL_FROM)
