"""Histograms, quantiles, and images far from the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.images.attributes import BY_NAME
from sequences.images.distributions import histogram, outliers, quantiles, robust_scores
from sequences.images.table import gather
from tests.sequences.images.conftest import Found

BRIGHTNESS, SHARPNESS = BY_NAME["brightness"], BY_NAME["sharpness"]
VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=50)


@given(VALUES, VALUES, st.booleans())
def test_every_value_is_in_one_bin(first, second, log):
    found = histogram(SHARPNESS if log else BRIGHTNESS, np.array(first), np.array(second))
    assert (sum(found["counts"]), sum(found["target_counts"])) == (len(first), len(second))
    assert len(found["edges"]) == len(found["counts"]) + 1


def test_histogram_of_one_value_has_it_in_the_middle():
    found = histogram(BRIGHTNESS, np.array([7.0, 7.0]), bins=3)
    assert (found["counts"], found["edges"][0], found["edges"][-1]) == ([0, 2, 0], 6.5, 7.5)


def test_logarithmic_bins_grow():
    edges = histogram(SHARPNESS, np.array([0.0, 99.0]), bins=2)["edges"]
    assert edges == pytest.approx([0, 9, 99])


def test_quantiles_are_those_of_a_hundred_and_one_numbers():
    found = quantiles(BRIGHTNESS, np.arange(101.0))
    names = ("minimum", "p5", "p25", "median", "p75", "p95", "maximum", "mean")
    assert [found[name] for name in names] == [0, 5, 25, 50, 75, 95, 100, 50]


def test_score_counts_median_distances_from_the_median():
    values = np.array([2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3])  # median 2.45, median distance 0.15
    assert robust_scores(values)[-1] == pytest.approx(0.6745 * (8.3 - 2.45) / 0.15)


def test_one_value_apart_from_equal_ones_is_far():
    scores = robust_scores(np.array([5.0] * 99 + [50.0]))
    assert scores[0] == 0
    assert scores[-1] > 50


def test_equal_values_are_not_far():
    assert robust_scores(np.full(9, 3.3)).tolist() == [0.0] * 9


def test_outlier_tells_its_farthest_attribute_and_the_others():
    rows = [{"brightness": 100.0 + number, "contrast": 30.0 + number} for number in range(20)]
    rows[7] = {"brightness": 250.0, "contrast": 80.0}
    table = gather([Found(number, f"{number}.jpg", row) for number, row in enumerate(rows)], ("brightness", "contrast"))
    found, count = outliers(table, 3.5, 10)
    assert (len(found), count) == (1, 1)
    assert (found[0]["index"], found[0]["path"], found[0]["attribute"]) == (7, "7.jpg", "brightness")
    assert (found[0]["value"], found[0]["also"]) == (250, ["contrast"])


def test_few_images_have_no_outliers():
    table = gather([Found(number, result={"brightness": float(number**4)}) for number in range(5)], ("brightness",))
    assert outliers(table, 3.5, 10) == ([], 0)
