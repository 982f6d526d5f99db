from __future__ import annotations

from pathlib import Path

import pytest

from stations.paths import StationPaths
from stations.safety.latch import latch_slot, latches, read_latch, release_slot
from tests.stations.safety.station_under_test import latch


@pytest.fixture
def paths(tmp_path: Path) -> StationPaths:
    paths = StationPaths(tmp_path)
    paths.prepare()
    return paths


def test_first_latch_stays(paths: StationPaths):
    first = latch("first")
    assert latch_slot(paths, "a/b", first) == first
    assert latch_slot(paths, "a/b", latch("second")) == first
    assert latches(paths, ["a/b", "a/c"]) == {"a/b": first}


def test_release_of_another_latch_is_refused(paths: StationPaths):
    latch_slot(paths, "a/b", latch())
    assert not release_slot(paths, "a/b", "another")
    assert release_slot(paths, "a/b", None)
    assert read_latch(paths, "a/b") is None
    assert release_slot(paths, "a/b", "whatever")


def test_unreadable_latch_latches(paths: StationPaths):
    paths.slot("a/b").latch.write_text("{")
    assert "cannot be read" in read_latch(paths, "a/b")["reason"]
