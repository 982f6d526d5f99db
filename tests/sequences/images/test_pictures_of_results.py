"""Plots and sheets: where they put what, by the colours of their pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from sequences.images import plots, sheets

HISTOGRAM = {"name": "a", "title": "Brightness", "unit": "", "edges": [0, 1, 2], "counts": [30, 10], "scale": "linear"}


def count_of(picture, colour):
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return int((np.asarray(picture) == wanted).all(axis=2).sum())


def test_bars_are_as_high_as_their_shares():
    picture = plots.compare({**HISTOGRAM, "target_counts": [0, 0]}, "", ("before", "after"))
    left, right = picture.crop((70, 70, 340, 310)), picture.crop((345, 70, 620, 310))
    assert picture.size == (plots.WIDTH, plots.HEIGHT)
    assert count_of(left, plots.REFERENCE) == pytest.approx(3 * count_of(right, plots.REFERENCE), rel=0.05)


def test_target_is_drawn_as_an_outline():
    picture = plots.compare({**HISTOGRAM, "target_counts": [1, 3]}, "drifted", ("before", "after"))
    pixels = np.asarray(picture.crop((345, 70, 620, 305))).astype(int)
    assert (pixels[..., 0] - pixels[..., 2] > 60).sum() > 200  # orange, its edges smooth


def test_empty_histogram_is_a_plot_without_bars():
    picture = plots.compare({**HISTOGRAM, "counts": [0, 0], "target_counts": [0, 0]}, "", ("before", "after"))
    assert count_of(picture.crop((70, 70, 620, 300)), plots.REFERENCE) == 0


@pytest.mark.parametrize(
    ("top", "expected"), [(1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (31, [0, 10, 20, 30, 40]), (100, [0, 20, 40, 60, 80, 100])]
)
def test_ticks_are_round(top, expected):
    assert plots.round_ticks(top) == expected


@pytest.mark.parametrize(
    ("value", "text"), [(0.85, "0.85"), (148.4, "148"), (4171, "4171"), (14_200, "14.2k"), (3_100_000, "3.1M")]
)
def test_values_are_written_in_short(value, text):
    assert plots.in_short(value) == text


def test_sheet_shows_thumbnails_and_grey_where_there_are_none(tmp_path):
    Image.new("RGB", (160, 80), "#ff0000").save(tmp_path / "red.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    picture = sheets.sheet("Cluster 1", "3 images", [tmp_path / "red.png", None, tmp_path / "broken.jpg"])
    assert count_of(picture, "#ff0000") == sheets.CELL * sheets.CELL // 2
    assert count_of(picture, sheets.EMPTY) == sheets.CELL * sheets.CELL * 5 // 2


def test_sheet_holds_eight_by_four():
    assert sheets.sheet("", "", [None] * 99).size == sheets.sheet("", "", [None] * 32).size
