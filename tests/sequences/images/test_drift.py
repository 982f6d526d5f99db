"""Population stability index and Kolmogorov-Smirnov, against known values, and what is made of them."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.images.attributes import BY_NAME
from sequences.images.drift import (
    Limits,
    chi_squared,
    cuts_of,
    drift_of,
    gap_by_chance,
    gap_probability,
    index_by_chance,
    largest_gap,
    stability_index,
)

BRIGHTNESS = BY_NAME["brightness"]
NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40)


def test_index_is_the_sum_over_the_bins():
    reference, target = np.repeat([1.0, 2.0], [50, 50]), np.repeat([1.0, 2.0], [20, 80])
    exact = (0.2 - 0.5) * log(0.2 / 0.5) + (0.8 - 0.5) * log(0.8 / 0.5)
    assert stability_index(reference, target, np.array([1.5])) == pytest.approx(exact, rel=0.03)  # smoothed


@given(NUMBERS, NUMBERS)
def test_index_is_never_negative_and_zero_for_the_same(first, second):
    one, other = np.array(first), np.array(second)
    cuts = cuts_of(one, 10)
    assert stability_index(one, other, cuts) >= 0
    assert stability_index(one, one, cuts) == 0


def test_value_that_is_the_same_everywhere_does_not_drift_with_the_number_of_images():
    one, other = np.full(1000, 96.0), np.full(20, 96.0)
    assert stability_index(one, other, cuts_of(one, 10)) == pytest.approx(0, abs=1e-12)


def test_new_value_beside_a_constant_drifts():
    one, other = np.full(100, 96.0), np.repeat([96.0, 95.0], [50, 50])
    assert stability_index(one, other, cuts_of(one, 10)) > 1


def test_bins_of_a_reference_hold_the_same_number_of_values():
    values = np.arange(1000.0)
    counts = np.bincount(np.searchsorted(cuts_of(values, 10), values, side="right"))
    assert counts.tolist() == [100] * 10


def test_gap_of_two_samples_is_known():
    # Equal to scipy.stats.ks_2samp, as is what it says of samples without anything in common.
    assert largest_gap(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6])) == pytest.approx(0.5)
    assert largest_gap(np.array([1.0, 2.0]), np.array([5.0])) == 1


@given(NUMBERS, NUMBERS)
def test_gap_is_the_same_the_other_way_round(first, second):
    one, other = np.array(first), np.array(second)
    assert largest_gap(one, other) == pytest.approx(largest_gap(other, one))


@pytest.mark.parametrize(("scaled", "expected"), [(1.3581, 0.05), (1.6276, 0.01), (1.2238, 0.1), (0.8276, 0.5)])
def test_probability_is_that_of_kolmogorovs_table(scaled, expected):
    gap = scaled / (5000**0.5 + 0.12 + 0.11 / 5000**0.5)
    assert gap_probability(gap, 10_000, 10_000) == pytest.approx(expected, rel=0.002)


def test_probability_ends_at_one_and_zero():
    assert (gap_probability(0, 50, 50), gap_probability(1, 500, 500)) == (1, pytest.approx(0, abs=1e-30))


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"), [(0.95, 9, 16.919), (0.999, 9, 27.877), (0.999, 1, 10.828), (0.5, 4, 3.357)]
)
def test_chi_squared_is_that_of_the_tables(probability, freedom, expected):
    assert chi_squared(probability, freedom) == pytest.approx(expected, rel=0.04)


def test_limits_by_chance_are_hardly_ever_exceeded():
    dice = np.random.default_rng(5)
    pairs = [(dice.normal(size=80), dice.normal(size=60)) for _ in range(300)]
    indexes = [stability_index(one, other, cuts_of(one, 10)) for one, other in pairs]
    gaps = [largest_gap(one, other) for one, other in pairs]
    assert sum(index > index_by_chance(80, 60, 10) for index in indexes) <= 5
    assert sum(gap > gap_by_chance(80, 60) for gap in gaps) <= 3


def test_brighter_half_has_drifted_and_says_so():
    dice = np.random.default_rng(2)
    before, after = dice.normal(100, 20, 400), dice.normal(100, 20, 400)
    after[::2] += 40
    row = drift_of(BRIGHTNESS, before, after, Limits())
    assert (row["verdict"], row["psi_limit"]) == ("drifted", 0.2)
    assert row["words"].startswith("Brightness has drifted: brighter, median ")


def test_same_images_are_stable():
    values = np.random.default_rng(3).normal(100, 20, 400)
    row = drift_of(BRIGHTNESS, values, values, Limits())
    assert (row["verdict"], row["psi"], row["ks"], row["p"]) == ("stable", 0, 0, 1)


def test_small_change_of_many_images_is_moderate():
    values = np.random.default_rng(4).normal(100, 20, 20_000)
    row = drift_of(BRIGHTNESS, values, values + 8, Limits())
    assert (row["verdict"], 0.1 < row["psi"] < 0.2) == ("moderate", True)


def test_few_images_need_more_than_the_limit():
    dice = np.random.default_rng(6)
    row = drift_of(BRIGHTNESS, dice.normal(100, 20, 20), dice.normal(105, 20, 20), Limits())
    assert (row["verdict"], row["psi_limit"] > 0.2, row["ks_limit"] > 0.2) == ("stable", True, True)
