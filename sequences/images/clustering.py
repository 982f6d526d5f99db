"""Groups of vectors that are near each other: principal components, k-means, and how well a number of groups fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Labels = NDArray[np.intp]

KEPT_VARIANCE = 0.95
MOST_COMPONENTS = 16
STARTS = 4  # k-means ends in the nearest valley: the best of some starts counts
DRAWN = 4  # points, of which one becomes the next centre to begin with
MOST_ROUNDS = 100
SILHOUETTE_SAMPLE = 1000
NO_SPREAD = 1e-9


@dataclass(frozen=True)
class Clusters:
    """Groups in order of size. `scores`: by number of groups the mean silhouette that was found for it."""

    labels: Labels
    centres: Points
    scores: dict[int, float]

    def distances(self, points: Points) -> Points:
        """Of each point from the centre of its own group."""
        found: Points = np.linalg.norm(points - self.centres[self.labels], axis=1)
        return found


def standardised(vectors: Points, weights: Points) -> Points:
    """Each column with mean 0 and deviation 1, times its weight; columns that are the same everywhere become 0."""
    spread = vectors.std(axis=0)
    centred = vectors - vectors.mean(axis=0)
    scaled: Points = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > NO_SPREAD) * weights
    return scaled


def principal_components(points: Points) -> Points:
    """The points in as few directions as keep KEPT_VARIANCE of their variance, at most MOST_COMPONENTS, at least two.

    By the eigenvectors of the covariance, whose size is that of a vector, not of the dataset. Signs are fixed: the
    largest part of each direction is positive.
    """
    covariance = points.T @ points / max(1, len(points))
    variances, directions = np.linalg.eigh(covariance)
    variances, directions = variances[::-1].clip(min=0), directions[:, ::-1]
    total = variances.sum()
    needed = int(np.searchsorted(np.cumsum(variances), KEPT_VARIANCE * total)) + 1 if total > 0 else 2
    chosen = directions[:, : max(2, min(needed, MOST_COMPONENTS))]
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(chosen.shape[1])])
    turned: Points = points @ (chosen * np.where(signs == 0, 1, signs))
    return turned


def squared_distances(points: Points, centres: Points) -> Points:
    """Of every point from every centre."""
    squares: Points = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
    return squares.clip(min=0)


def k_means(points: Points, k: int, dice: np.random.Generator) -> tuple[Labels, Points, float]:
    """Labels, centres and the sum of squared distances: the best of STARTS runs that begin by k-means++."""
    runs = [_one_run(points, _spread_out(points, k, dice)) for _ in range(STARTS)]
    return min(runs, key=lambda run: run[2])


def _spread_out(points: Points, k: int, dice: np.random.Generator) -> Points:
    """k-means++ (Arthur and Vassilvitskii, 2007): each next centre is a point, likelier the farther it is from all.

    Of a few that are drawn so, it is the one that leaves the points nearest to their centres.
    """
    chosen = [int(dice.integers(len(points)))]
    nearest = squared_distances(points, points[chosen])[:, 0]
    while len(chosen) < k:
        total = nearest.sum()
        drawn = dice.choice(len(points), DRAWN, p=nearest / total if total > 0 else None)
        left = np.minimum(nearest[:, None], squared_distances(points, points[drawn]))
        best = int(left.sum(axis=0).argmin())
        chosen.append(int(drawn[best]))
        nearest = left[:, best]
    return points[chosen].copy()


def _one_run(points: Points, centres: Points) -> tuple[Labels, Points, float]:
    """Lloyd's rounds until no label changes. A group without points takes the one that is farthest off."""
    labels = np.full(len(points), -1, dtype=np.intp)
    for _ in range(MOST_ROUNDS):
        squares = squared_distances(points, centres)
        found = squares.argmin(axis=1)
        if (found == labels).all():
            break
        labels = found
        counts = np.bincount(labels, minlength=len(centres))
        for empty in np.flatnonzero(counts == 0):
            farthest = int(squares[np.arange(len(points)), labels].argmax())
            squares[farthest] = 0
            labels[farthest] = empty
        counts = np.maximum(np.bincount(labels, minlength=len(centres)), 1)
        sums = [np.bincount(labels, column, len(centres)) for column in points.T]
        centres = np.stack(sums, axis=1) / counts[:, None]
    return labels, centres, float(squared_distances(points, centres)[np.arange(len(points)), labels].sum())


def silhouette(apart: Points, labels: Labels) -> float:
    """Mean silhouette (Rousseeuw, 1987) of a sample whose distances from each other are `apart`; a point that is alone
    in its group counts as 0.
    """
    groups, own = np.unique(labels, return_inverse=True)
    if len(groups) < 2:
        return 0.0
    sizes = np.bincount(own)
    sums = np.stack([apart[:, own == group].sum(axis=1) for group in range(len(groups))], axis=1)
    rows = np.arange(len(labels))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    outside = sums / sizes
    outside[rows, own] = np.inf
    nearest = outside.min(axis=1)
    larger = np.maximum(inside, nearest)
    scores = np.divide(nearest - inside, larger, out=np.zeros_like(larger), where=larger > 0)
    return float(np.where(sizes[own] > 1, scores, 0.0).mean())


def find_clusters(
    points: Points, k_min: int, k_max: int, seed: int, *, pause: Callable[[], None] = lambda: None
) -> Clusters:
    """Groups of at least one point: as many, from `k_min` to `k_max`, as have the best silhouette on a sample.

    Points that are all the same, or fewer than three different ones, are one group. The same seed finds the same
    groups. `pause` is called before each number of groups: a place to pause or to stop.
    """
    most = min(k_max, len(np.unique(points.round(9), axis=0)) - 1)
    if most < 2:
        return Clusters(np.zeros(len(points), dtype=np.intp), points.mean(axis=0, keepdims=True), {})
    dice = np.random.default_rng(seed)
    sample = dice.permutation(len(points))[:SILHOUETTE_SAMPLE]
    apart = np.sqrt(squared_distances(points[sample], points[sample]))
    np.fill_diagonal(apart, 0)
    best: tuple[float, Labels, Points] | None = None
    scores = {}
    for k in range(min(max(2, k_min), most), most + 1):
        pause()
        labels, centres, _ = k_means(points, k, dice)
        scores[k] = round(silhouette(apart, labels[sample]), 4)
        if best is None or scores[k] > best[0]:
            best = scores[k], labels, centres
    assert best is not None
    order = np.argsort(-np.bincount(best[1], minlength=len(best[2])), kind="stable")
    return Clusters(np.argsort(order)[best[1]], best[2][order], scores)
