"""A result that is too large is cut where nobody misses it most."""

from __future__ import annotations

import json

import pytest

from sequences.images.results import RESULT_LIMIT, fit

SMALL = {"kind": "attributes", "summary": {"images": 1, "failed": 0, "total_bytes": 1}}


def test_small_result_stays_as_it_is():
    assert fit(SMALL) == SMALL


def test_large_lists_lose_their_ends_and_the_result_says_so():
    rows = [{"index": number, "path": "folder/" * 20 + str(number)} for number in range(2000)]
    found = fit({**SMALL, "outliers": rows, "duplicates": [[1, 2]]})
    assert len(json.dumps(found).encode()) <= RESULT_LIMIT
    assert (found["shortened"], found["outliers"][0], found["duplicates"]) == (["outliers"], rows[0], [[1, 2]])
    assert 100 < len(found["outliers"]) < 2000


def test_what_cannot_be_cut_is_refused():
    with pytest.raises(ValueError, match="cannot be cut"):
        fit({**SMALL, "summary": {"note": "x" * RESULT_LIMIT}})
