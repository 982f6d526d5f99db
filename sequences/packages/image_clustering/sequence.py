"""Describes every image by a short vector, and finds groups of images that look alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from sequences.authoring import Item, ItemRun, Run, sequence, step
from sequences.images.attributes import appearance
from sequences.images.cluster_report import add_clusters, add_map, add_outliers, sheet_of
from sequences.images.clustering import find_clusters, principal_components, standardised
from sequences.images.features import SIDE, features, weights
from sequences.images.overview import begun, why_nothing
from sequences.images.pixels import as_rgb, reduced
from sequences.images.results import fit
from sequences.images.table import gather

TRAITS = ("brightness", "contrast", "sharpness", "saturation", "colourfulness")


@sequence
class ImageClustering:
    @step(items=True)
    def describe(self, run: ItemRun, item: Item) -> dict[str, Any]:
        run.stage("decode")
        picture = item.open_image()
        run.stage("features")
        small = reduced(as_rgb(picture), 4 * SIDE)
        figures = appearance(small)
        return {"features": features(small), **{name: figures[name] for name in TRAITS}}

    @step
    def find_groups(self, run: Run) -> None:
        asked = run.parameters
        if asked.k_min > asked.k_max:
            run.fail(f"k_min, {asked.k_min}, is above k_max, {asked.k_max}")
        table = gather(run.items("describe"), TRAITS, vector="features", pause=run.boundary)
        run.result = result = begun("clusters", table)
        if not len(table):
            run.fail(why_nothing(table))
        points = principal_components(standardised(table.vectors, weights()))
        clusters = find_clusters(points, asked.k_min, asked.k_max, asked.seed, pause=run.boundary)
        distances = clusters.distances(points)
        add_clusters(result, table, clusters, distances)
        add_map(result, table, points, clusters.labels, asked.seed)
        add_outliers(result, table, distances, asked.outlier_score)
        for number, cluster in enumerate(result["clusters"]):
            run.boundary()
            run.attach_image(
                cluster["sheet"], sheet_of(table, cluster, np.flatnonzero(clusters.labels == number), distances)
            )
        run.result = fit(result)
        run.measure("clusters", len(clusters.centres))
        run.measure("silhouette", max(clusters.scores.values(), default=0.0))
