"""The list of a dataset's files while it is read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from control.datasets.folders import Found
from control.datasets.listing import Listing


def test_list_is_in_the_order_of_the_bytes_wherever_it_is_entered(tmp_path: Path):
    paths = ["A", "a", "a-b", "a/b", "é", "가"]
    listing = Listing.made_of([Found(path) for path in random.sample(paths, 6)], tmp_path / "listing")
    assert [[found.path for found in listing.after(count)] for count in (0, 4, 6)] == [paths, ["é", "가"], []]
    listing.close()


def test_long_list_is_read_in_pages_without_a_gap(tmp_path: Path):
    Listing.made_of((Found(f"{number:05}", number) for number in range(2500)), tmp_path / "listing").close()
    listing = Listing(tmp_path / "listing")
    assert (listing.total, [found.size for found in listing.after(7)]) == (2500, list(range(7, 2500)))
    listing.close()


def test_list_that_could_not_be_made_is_not_there(tmp_path: Path):
    def breaks() -> Iterator[Found]:
        yield Found("a")
        raise OSError("the folder is gone")

    with pytest.raises(OSError, match="the folder is gone"):
        Listing.made_of(breaks(), tmp_path / "listing")
    with pytest.raises(FileNotFoundError):
        Listing(tmp_path / "listing")
