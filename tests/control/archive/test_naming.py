"""Which files of a folder are archives, and which of them are too old."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from control.archive.naming import free_name, made_at, remove_older


@pytest.mark.parametrize(
    "name", ["gwanje-20260230-000000.tar.gz", "gwanje-20260201-000000.tar", "x-gwanje-20260201-000000.tar.gz", "data"]
)
def test_what_is_no_archive_of_ours(name: str):
    assert made_at(Path(name)) is None


def test_a_name_tells_when():
    assert made_at(Path("/b/gwanje-20260201-033000.tar.gz")) == datetime(2026, 2, 1, 3, 30, tzinfo=UTC)


def test_a_new_name_is_free_and_tells_now(tmp_path: Path):
    first = free_name(tmp_path)
    first.touch()
    second = free_name(tmp_path)
    assert second != first
    assert abs((datetime.now(UTC) - made_at(second)).total_seconds()) < 60  # type: ignore[operator]


def test_what_a_restore_keeps_aside_has_a_name_of_its_own(tmp_path: Path):
    first = free_name(tmp_path, "before-restore-{}")
    first.mkdir()
    assert len({first, free_name(tmp_path, "before-restore-{}")}) == 2


def test_age_counts_from_the_newest_one(tmp_path: Path):
    """So the newest one stays, whatever the clock says."""
    names = [f"gwanje-202602{day:02}-030000.tar.gz" for day in (1, 2, 8, 9)]
    for name in [*names, "notes.txt", "gwanje-20260101-000000.tar.gz.part"]:
        (tmp_path / name).touch()
    assert [path.name for path in remove_older(tmp_path, tmp_path / names[-1], 7)] == names[:1]
    assert len(list(tmp_path.iterdir())) == 5
