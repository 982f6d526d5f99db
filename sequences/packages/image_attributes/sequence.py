"""Measures every image of a dataset, and tells how its figures are spread and which images are unusual."""

from __future__ import annotations

from typing import Any

from sequences.authoring import Item, ItemRun, Run, sequence, step
from sequences.images import attributes
from sequences.images.distributions import histogram, outliers, quantiles
from sequences.images.overview import add_duplicates, begun, why_nothing
from sequences.images.results import ImageResult, fit
from sequences.images.table import Table, folders_of, gather, shares, sizes_of

OUTLIERS_SHOWN = 60


@sequence
class ImageAttributes:
    @step(items=True)
    def measure(self, run: ItemRun, item: Item) -> dict[str, Any]:
        run.stage("decode")
        picture = item.open_image()
        run.stage("measure")
        return attributes.measure(picture, item.size, run.parameters.longest_side)

    @step
    def summarise(self, run: Run) -> None:
        numbers = [attribute.name for attribute in attributes.ATTRIBUTES]
        table = gather(run.items("measure"), numbers, ("format", "pixels", "hash"), pause=run.boundary)
        run.result = result = begun("attributes", table)
        if not len(table):
            run.fail(why_nothing(table))
        describe(result, table)
        result["outliers"], found = outliers(table, run.parameters.outlier_score, OUTLIERS_SHOWN)
        result["summary"]["outliers"] = found
        run.boundary()
        add_duplicates(result, table, run.parameters.near_bits)
        run.result = fit(result)
        for name in ("images", "outliers", "duplicates", "near_duplicates"):
            run.measure(name, run.result["summary"][name])


def describe(result: ImageResult, table: Table) -> None:
    """Formats, sizes and folders, and how every attribute is spread."""
    result["formats"] = shares(table.texts["format"])
    result["sizes"] = sizes_of(table)
    result["folders"] = folders_of(table.paths)
    result["histograms"] = [histogram(each, table.columns[each.name]) for each in attributes.ATTRIBUTES]
    result["quantiles"] = [quantiles(each, table.columns[each.name]) for each in attributes.ATTRIBUTES]
