from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stations.paths import StationPaths
from stations.safety.latch import latch_slot, latches, read_latch, release_slot
from tests.stations.safety.station_under_test import latch


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[StationPaths]:
    paths = StationPaths(tmp_path)
    paths.prepare()
    yield paths
    shutil.rmtree(paths.runtime)


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


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_unreadable_latch_latches(paths: StationPaths, content: str):
    paths.slot("a/b").latch.write_text(content)
    assert read_latch(paths, "a/b")["reason"] == f"{paths.slot('a/b').latch} cannot be read"


@pytest.mark.parametrize("wrong", ["c-1", "", 7, None])
def test_latch_whose_id_is_no_uuid_is_unreadable(paths: StationPaths, wrong: Any):
    paths.slot("a/b").latch.write_text(json.dumps(latch() | {"id": wrong}))
    held = read_latch(paths, "a/b")
    assert (held["id"], held["reason"]) == ("", f"{paths.slot('a/b').latch} cannot be read")
