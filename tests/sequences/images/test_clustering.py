"""Principal components, k-means and silhouettes, on points whose groups are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequences.images.clustering import (
    find_clusters,
    k_means,
    principal_components,
    silhouette,
    squared_distances,
    standardised,
)


def blobs(count, size=40, spread=0.3, seed=0):
    """Groups around the corners of a wide grid, and which point is of which."""
    dice = np.random.default_rng(seed)
    centres = np.array([[10.0 * (number % 3), 10.0 * (number // 3), 0.0] for number in range(count)])
    points = np.concatenate([centre + dice.normal(0, spread, (size, 3)) for centre in centres])
    return points, np.repeat(np.arange(count), size)


def distances(points):
    return np.sqrt(squared_distances(points, points))


@pytest.mark.parametrize("count", [2, 3, 5, 7])
def test_groups_are_found_with_their_number(count):
    points, truth = blobs(count)
    found = find_clusters(points, 2, 9, seed=1)
    assert (len(found.centres), max(found.scores, key=found.scores.get)) == (count, count)
    assert len(set(zip(found.labels.tolist(), truth.tolist(), strict=True))) == count  # each is one of them


def test_same_seed_finds_the_same_and_largest_comes_first():
    points, _ = blobs(3)
    points = np.concatenate([points, points[:30] + 0.01])
    one, other = (find_clusters(points, 2, 6, seed=7) for _ in range(2))
    assert (one.labels == other.labels).all()
    assert np.bincount(one.labels).tolist() == [70, 40, 40]


@pytest.mark.parametrize("points", [np.zeros((1, 3)), np.zeros((50, 3)), np.array([[0.0, 0], [1, 1]])])
def test_too_few_different_points_are_one_group(points):
    found = find_clusters(points, 2, 12, seed=1)
    assert (found.labels.tolist(), found.scores) == ([0] * len(points), {})


def test_three_different_points_can_be_two_groups():
    assert find_clusters(np.array([[0.0, 0], [0.1, 0], [9, 9]]), 2, 12, seed=1).labels.tolist() == [0, 0, 1]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=5, max_size=40), st.integers(2, 4))
def test_every_point_is_in_the_group_of_its_nearest_centre(places, k):
    points = np.array(places, dtype=float)
    if len(np.unique(points, axis=0)) <= k:
        return
    labels, centres, _ = k_means(points, k, np.random.default_rng(1))
    squares = squared_distances(points, centres)
    own = squares[np.arange(len(points)), labels]
    assert (own <= squares.min(axis=1) + 1e-9).all()
    assert len(np.unique(labels)) == k


def test_silhouette_of_four_points_is_known():
    points = np.array([[0.0], [1.0], [10.0], [11.0]])
    exact = np.mean([1 - 1 / 10.5, 1 - 1 / 9.5, 1 - 1 / 9.5, 1 - 1 / 10.5])
    assert silhouette(distances(points), np.array([0, 0, 1, 1])) == pytest.approx(exact)


def test_point_that_is_alone_counts_as_nothing():
    points = np.array([[0.0], [1.0], [10.0]])
    exact = (1 - 1 / 10 + 1 - 1 / 9) / 3
    assert silhouette(distances(points), np.array([0, 0, 1])) == pytest.approx(exact)


def test_components_keep_what_varies():
    dice = np.random.default_rng(3)
    line = dice.normal(size=500)
    points = np.stack([3 * line, 4 * line, 0.001 * dice.normal(size=500)], axis=1)
    found = principal_components(points - points.mean(axis=0))
    assert found.shape == (500, 2)
    assert found[:, 0].std() == pytest.approx(5 * line.std(), rel=1e-3)
    assert np.abs(found[:, 1]).max() < 0.01


def test_standardised_columns_have_deviation_one_and_constants_none():
    vectors = np.array([[1.0, 5.0, 7.0], [3.0, 9.0, 7.0]])
    found = standardised(vectors, np.array([1.0, 2.0, 3.0]))
    assert found.tolist() == [[-1, -2, 0], [1, 2, 0]]


def test_pause_is_offered_for_every_number_of_groups():
    asked = []
    find_clusters(blobs(3)[0], 2, 5, seed=1, pause=lambda: asked.append(1))
    assert len(asked) == 4
