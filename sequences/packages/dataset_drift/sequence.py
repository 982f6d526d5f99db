"""Measures the images of two datasets, and judges how far the second is from the first."""

from __future__ import annotations

from typing import Any

from sequences.authoring import Item, ItemRun, Run, sequence, step
from sequences.images import attributes
from sequences.images.distributions import histogram
from sequences.images.drift import FEWEST, Limits, drift_of
from sequences.images.overview import begun, why_nothing
from sequences.images.plots import compare as plot
from sequences.images.results import DriftRow, Histogram, ImageResult, fit
from sequences.images.table import Table, gather

ORDER = ("drifted", "moderate", "stable")
SIDES = ("dataset", "target_dataset")
NUMBERS = [attribute.name for attribute in attributes.ATTRIBUTES]


@sequence
class DatasetDrift:
    @step(items=True)
    def measure(self, run: ItemRun, item: Item) -> dict[str, Any]:
        run.stage("decode")
        picture = item.open_image()
        run.stage("measure")
        return attributes.measure(picture, item.size, run.parameters.longest_side)

    @step
    def compare(self, run: Run) -> None:
        tables = [table_of(run, side) for side in SIDES]
        run.result = result = begun_with(*tables)
        for side, table in zip(SIDES, tables, strict=True):
            if not len(table):
                run.fail(why_nothing(table, side))
            if len(table) < FEWEST:
                run.fail(f"The {side} has {len(table)} images that could be read: {FEWEST} are the fewest to compare.")
        rows, histograms = compared(run, *tables)
        for row in rows:
            judge(run, row)
        result["drift"], result["histograms"] = rows, [histograms[row["attribute"]] for row in rows]
        result["summary"]["drifted"] = [row["attribute"] for row in rows if row["verdict"] == "drifted"]
        run.result = fit(result)
        for row in rows:
            run.boundary()
            remark = f"{row['verdict']}   PSI {row['psi']:.3g}   KS {row['ks']:.3g}"
            names = (f"before: {len(tables[0])} images", f"after: {len(tables[1])} images")
            run.attach_image(f"{row['attribute']}.png", plot(histograms[row["attribute"]], remark, names))


def table_of(run: Run, side: str) -> Table:
    return gather((item for item in run.items("measure") if item.side == side), NUMBERS, pause=run.boundary)


def begun_with(before: Table, after: Table) -> ImageResult:
    result = begun("drift", before)
    reasons = begun("drift", after).get("failures", [])
    result["summary"] |= {"target_images": len(after), "failed": before.failed + after.failed}
    result["summary"]["total_bytes"] += after.total_bytes
    if reasons:
        result["failures"] = [*result.get("failures", []), *reasons]
    return result


def compared(run: Run, before: Table, after: Table) -> tuple[list[DriftRow], dict[str, Histogram]]:
    """Every attribute, the most drifted first, and its values in the same bins for both."""
    asked = run.parameters
    limits = Limits(psi=asked.psi_limit, psi_moderate=min(asked.psi_moderate, asked.psi_limit), ks=asked.ks_limit)
    rows, histograms = [], {}
    for each in attributes.ATTRIBUTES:
        pair = before.columns[each.name], after.columns[each.name]
        rows.append(drift_of(each, *pair, limits))
        histograms[each.name] = histogram(each, *pair)
    rows.sort(key=lambda row: (ORDER.index(row["verdict"]), -row["psi"]))
    return rows, histograms


def judge(run: Run, row: DriftRow) -> None:
    """Its two figures against the limits that held, and one line that says it in words."""
    run.log(row["words"], "WARNING" if row["verdict"] == "drifted" else "INFO")
    run.measure(f"psi_{row['attribute']}", row["psi"], maximum=row["psi_limit"], marginal_maximum=row["psi_marginal"])
    run.measure(f"ks_{row['attribute']}", row["ks"], maximum=row["ks_limit"])
