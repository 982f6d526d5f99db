"""How the values of an attribute are spread: histogram, quantiles, and which images are far from the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sequences.images.attributes import ATTRIBUTES, BY_NAME, Attribute
from sequences.images.results import Histogram, OutlierRow, Quantiles
from sequences.images.table import Column, Table

BINS = 24
FEWEST = 8  # images among which one can be called far from the others
_NORMAL = 0.6745  # the quarter of a normal distribution in standard deviations: a MAD times 1 / 0.6745 is one
_NORMAL_MEAN = 1.2533  # standard deviation over mean deviation of a normal distribution


def compared(attribute: Attribute, values: Column) -> Column:
    """Values as they are compared: the logarithm of what spreads over orders of magnitude."""
    return np.log1p(values) if attribute.log else values


def histogram(attribute: Attribute, values: Column, target: Column | None = None, bins: int = BINS) -> Histogram:
    """Counts in `bins` bins of equal width, on the logarithmic scale for what is compared so; `target` in the same."""
    every = compared(attribute, values if target is None else np.concatenate([values, target]))
    low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
    if high - low < 1e-9 * max(1.0, abs(high)):
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    shown = np.maximum(np.expm1(edges), 0.0) if attribute.log else edges
    found = Histogram(
        name=attribute.name,
        title=attribute.title,
        unit=attribute.unit,
        edges=[significant(edge) for edge in shown],
        counts=np.histogram(compared(attribute, values), edges)[0].tolist(),
        scale="log" if attribute.log else "linear",
    )
    if target is not None:
        found["target_counts"] = np.histogram(compared(attribute, target), edges)[0].tolist()
    return found


def quantiles(attribute: Attribute, values: Column) -> Quantiles:
    """Of at least one value, by linear interpolation between the nearest two."""
    low, p5, p25, median, p75, p95, high = (
        significant(value) for value in np.quantile(values, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])
    )
    return Quantiles(
        name=attribute.name,
        title=attribute.title,
        unit=attribute.unit,
        minimum=low,
        p5=p5,
        p25=p25,
        median=median,
        p75=p75,
        p95=p95,
        maximum=high,
        mean=significant(values.mean()),
        deviation=significant(values.std()),
    )


def robust_scores(values: Column) -> Column:
    """How many typical distances each value is from the median: the modified z-score of Iglewicz and Hoaglin (1993).

    Where more than half of the values are equal, the mean deviation takes the place of the median one; zero everywhere
    where all are equal.
    """
    distances = values - np.median(values)
    absolute = np.abs(distances)
    deviation = float(np.median(absolute))
    noise = 1e-12 * max(1.0, float(np.abs(values).max(initial=0)))
    if deviation > noise:
        return _NORMAL * distances / deviation
    mean = float(absolute.mean())
    return distances / (_NORMAL_MEAN * mean) if mean > noise else np.zeros_like(values)


def outliers(table: Table, least_score: float, most: int) -> tuple[list[OutlierRow], int]:
    """Images with a score of at least `least_score` in some attribute, each by its highest; and how many there are."""
    if len(table) < FEWEST:
        return [], 0
    names = [attribute.name for attribute in ATTRIBUTES if attribute.name in table.columns]
    scores = np.stack([robust_scores(compared(BY_NAME[name], table.columns[name])) for name in names])
    medians = {name: significant(np.median(table.columns[name])) for name in names}
    farthest = np.abs(scores).max(axis=0)
    far = np.flatnonzero(farthest >= least_score)
    shown = far[np.argsort(-farthest[far], kind="stable")][:most]
    return [_row(table, names, medians, scores[:, place], int(place), least_score) for place in shown], len(far)


def _row(
    table: Table,
    names: list[str],
    medians: dict[str, float],
    scores: NDArray[np.float64],
    place: int,
    least_score: float,
) -> OutlierRow:
    order = [
        names[number] for number in np.argsort(-np.abs(scores), kind="stable") if abs(scores[number]) >= least_score
    ]
    name = order[0]
    row = OutlierRow(
        index=table.indexes[place],
        path=table.paths[place],
        attribute=name,
        value=significant(table.columns[name][place]),
        median=medians[name],
        score=round(float(scores[names.index(name)]), 2),
    )
    if order[1:]:
        row["also"] = order[1:]
    return row


def significant(value: float, digits: int = 5) -> float:
    """A number as a table shows it, as a Python float."""
    return float(f"{float(value):.{digits}g}")
