"""What a result says of clusters: what they have in common, who stands for them, a map, a sheet of each."""

from __future__ import annotations

import numpy as np
from PIL import Image

from sequences.images.attributes import BY_NAME
from sequences.images.clustering import Clusters, Labels, Points
from sequences.images.distributions import FEWEST, compared, robust_scores, significant
from sequences.images.results import MAP_LIMIT, Choice, Cluster, ImageResult, OutlierRow
from sequences.images.sheets import COLUMNS, ROWS, sheet
from sequences.images.table import Column, Table

REPRESENTATIVES = 8
OUTLIERS_SHOWN = 60
TELLING = 0.5  # standard deviations from all, from which a trait is told
TOO_FEW = "Fewer than three different images: they are one cluster."
AT_THE_END = "The most clusters that were tried fit best: with a larger k_max there may be a better number."


def add_clusters(result: ImageResult, table: Table, clusters: Clusters, distances: Column) -> None:
    """Clusters in order of size, and how well each number of them fitted."""
    result["clusters"] = []
    for number in range(len(clusters.centres)):
        members = np.flatnonzero(clusters.labels == number)
        nearest = members[np.argsort(distances[members], kind="stable")][:REPRESENTATIVES]
        cluster = Cluster(
            number=number,
            size=len(members),
            representatives=table.at(nearest),
            traits=_traits(table, members),
            sheet=f"cluster-{number:02}.png",
        )
        result["clusters"].append(cluster)
    result["choices"] = [Choice(k=k, score=score) for k, score in clusters.scores.items()]
    result["summary"]["clusters"] = len(clusters.centres)
    if not clusters.scores:
        result["summary"]["note"] = TOO_FEW
    elif len(clusters.centres) == max(clusters.scores) > min(clusters.scores):
        result["summary"]["note"] = AT_THE_END


def _traits(table: Table, members: Labels) -> list[tuple[str, float]]:
    """How the mean of a cluster differs from that of all, in standard deviations of all; the strongest first."""
    found = []
    for name, column in table.columns.items():
        values = compared(BY_NAME[name], column)
        spread = float(values.std())
        apart = float(values[members].mean() - values.mean()) / spread if spread > 1e-9 else 0.0
        if abs(apart) >= TELLING:
            found.append((name, round(apart, 2)))
    return sorted(found, key=lambda trait: -abs(trait[1]))


def add_map(result: ImageResult, table: Table, points: Points, labels: Labels, seed: int) -> None:
    """The first two principal components of each image, of a sample where there are too many to draw."""
    places = np.sort(np.random.default_rng(seed).permutation(len(points))[:MAP_LIMIT])
    result["map"] = [
        (round(float(points[place, 0]), 3), round(float(points[place, 1]), 3), int(labels[place]), table.indexes[place])
        for place in places
    ]


def add_outliers(result: ImageResult, table: Table, distances: Column, least_score: float) -> None:
    """Images that are far from the centre of their own cluster."""
    scores = robust_scores(distances) if len(table) >= FEWEST else np.zeros_like(distances)
    far = np.flatnonzero(scores >= least_score)
    median = significant(np.median(distances))
    result["summary"]["outliers"] = len(far)
    result["outliers"] = [
        OutlierRow(
            index=table.indexes[place],
            path=table.paths[place],
            attribute="distance",
            value=significant(distances[place]),
            median=median,
            score=round(float(scores[place]), 2),
        )
        for place in far[np.argsort(-scores[far], kind="stable")][:OUTLIERS_SHOWN]
    ]


def sheet_of(table: Table, cluster: Cluster, members: Labels, distances: Column) -> Image.Image:
    """Thumbnails from the centre of a cluster (first) to its edge (last), evenly chosen."""
    order = members[np.argsort(distances[members], kind="stable")]
    chosen = order[np.linspace(0, len(order) - 1, min(len(order), COLUMNS * ROWS)).round().astype(int)]
    of_all = f"{cluster['size']} of {len(table)} images, from its centre to its edge"
    return sheet(f"Cluster {cluster['number']}{_told(cluster)}", of_all, [table.thumbnails[place] for place in chosen])


def _told(cluster: Cluster) -> str:
    words = [BY_NAME[name].more if apart > 0 else BY_NAME[name].less for name, apart in cluster["traits"][:2]]
    return f": {', '.join(words)}" if words else ""
