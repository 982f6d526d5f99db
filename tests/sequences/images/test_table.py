"""Columns from what items have told, and what is counted of them."""

from __future__ import annotations

import numpy as np

from sequences.images.overview import add_duplicates, begun, why_nothing
from sequences.images.table import folders_of, gather, shares
from tests.sequences.images.conftest import Found

BOMB = "it has 20000 × 10000 pixels, which are 200.0 million: 100 million are allowed (max_pixels)"


def test_failed_items_are_counted_and_left_out():
    items = [
        Found(0, result={"width": 4, "format": "PNG", "vector": [1, 2]}),
        Found(1, error="it is empty: 0 bytes"),
        Found(2, result={"width": 8, "format": None, "vector": [3, 4]}),
    ]
    table = gather(items, ("width",), ("format",), vector="vector")
    assert (table.indexes, table.failed, table.total_bytes) == ([0, 2], 1, 30)
    assert (table.columns["width"].tolist(), table.texts["format"]) == ([4, 8], ["PNG", None])
    assert table.vectors.tolist() == [[1, 2], [3, 4]]
    assert table.at(np.array([1])) == [2]


def test_reasons_that_differ_in_numbers_are_one():
    larger = BOMB.replace("20000", "30000").replace("200.0", "300.0")
    table = gather([Found(0, error="broken\nat line 3"), Found(1, error=BOMB), Found(2, error=larger)], ())
    assert table.reasons(9) == [{"name": BOMB, "count": 2}, {"name": "broken", "count": 1}]


def test_empty_tables_say_why():
    assert why_nothing(gather([], ())) == "The dataset has no items: there is nothing to look at."
    failed = gather(
        [Found(0, error="it is empty: 0 bytes"), Found(1, error="no image"), Found(2, error="no image")], ()
    )
    assert why_nothing(failed, "target_dataset") == (
        "None of the 3 items of the target_dataset could be read, most often because: no image"
    )
    assert begun("images", failed)["failures"][0] == {"name": "no image", "count": 2}


def test_shares_come_by_count_and_then_by_name():
    assert shares(["b", "a", "c", "c", None], most=2) == [{"name": "c", "count": 2}, {"name": "a", "count": 1}]


def test_folders_are_those_of_the_dataset():
    assert folders_of(["a/b/1.jpg", "a/b/2.jpg", "3.jpg"]) == [{"name": "a/b", "count": 2}, {"name": ".", "count": 1}]


def test_duplicates_are_told_by_the_indexes_of_items():
    texts = [("x", "0" * 16), ("x", "0" * 16), ("y", "0" * 15 + "1"), ("z", None)]
    items = [Found(10 + place, result={"pixels": pixels, "hash": near}) for place, (pixels, near) in enumerate(texts)]
    table = gather(items, (), ("pixels", "hash"))
    result = begun("images", table)
    add_duplicates(result, table, 1)
    assert (result["duplicates"], result["near_duplicates"]) == ([[10, 11]], [[10, 11, 12]])
    assert (result["summary"]["duplicates"], result["summary"]["near_duplicates"]) == (1, 2)


def test_pause_is_offered_while_many_items_are_read():
    asked = []
    gather((Found(number, result={}) for number in range(2500)), (), pause=lambda: asked.append(1))
    assert len(asked) == 3
