"""How far the values of one dataset are from those of another: population stability index and Kolmogorov-Smirnov."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sequences.images.attributes import Attribute
from sequences.images.distributions import compared, significant
from sequences.images.results import DriftRow
from sequences.images.table import Column

MOST_BINS = 10
FEWEST_IN_BIN = 5  # expected values, the rule for tests of counts
FEWEST = 2 * FEWEST_IN_BIN  # images of each side, below which nothing can be said
SMOOTHING = 0.5  # images of the smaller side, added to the share of every bin, so that an empty one has a logarithm
CHANCE = 0.001  # of a stable dataset to be above the limits that its number of images makes


@dataclass(frozen=True)
class Limits:
    """From which index and which statistic on an attribute counts as moderately changed, and as drifted."""

    psi: float = 0.2
    psi_moderate: float = 0.1
    ks: float = 0.2


def cuts_of(reference: Column, bins: int) -> Column:
    """Where the bins of a reference end: at its quantiles, or around each value where there are no more than `bins`."""
    values = np.unique(reference)
    if len(values) <= bins:
        return np.concatenate([[value, np.nextafter(value, np.inf)] for value in values])
    found: Column = np.unique(np.asarray(np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1]), dtype=np.float64))
    return found


def bins_for(first: int, second: int) -> int:
    """As many bins as leave FEWEST_IN_BIN values in each, from 2 to MOST_BINS."""
    return max(2, min(MOST_BINS, min(first, second) // FEWEST_IN_BIN))


def stability_index(reference: Column, target: Column, cuts: Column) -> float:
    """Population stability index: sum over bins of (target − reference share) · ln(target share / reference share)."""
    added = SMOOTHING / min(len(reference), len(target))
    first, second = (_shares(values, cuts, added) for values in (reference, target))
    return float(((second - first) * np.log(second / first)).sum())


def _shares(values: Column, cuts: Column, added: float) -> NDArray[np.float64]:
    counts = np.bincount(np.searchsorted(cuts, values, side="right"), minlength=len(cuts) + 1)
    smoothed = (counts / len(values) + added) / (1 + added * len(counts))
    return smoothed.astype(np.float64)


def index_by_chance(first: int, second: int, bins: int, chance: float = CHANCE) -> float:
    """The index that two samples of one distribution exceed with this chance: χ² with bins − 1 degrees of freedom times
    (1/n + 1/m) (Yurdakul, Statistical Properties of Population Stability Index, 2018).
    """
    return chi_squared(1 - chance, bins - 1) * (1 / first + 1 / second)


def chi_squared(probability: float, freedom: int) -> float:
    """Quantile of the χ² distribution by Wilson and Hilferty (1931): within 4 % where it is used here."""
    part = 2 / (9 * freedom)
    root = 1 - part + NormalDist().inv_cdf(probability) * sqrt(part)
    cubed: float = max(0.0, root) ** 3
    return freedom * cubed


def largest_gap(reference: Column, target: Column) -> float:
    """Two-sample Kolmogorov-Smirnov statistic: the largest difference of the two empirical distributions."""
    first, second = np.sort(reference), np.sort(target)
    both = np.concatenate([first, second])
    below_first = np.searchsorted(first, both, side="right") / len(first)
    below_second = np.searchsorted(second, both, side="right") / len(second)
    return float(np.abs(below_first - below_second).max())


def gap_probability(gap: float, first: int, second: int) -> float:
    """The chance of such a gap between two samples of one distribution, by its asymptotic series, corrected for small
    samples (Stephens, 1970): √e + 0.12 + 0.11/√e with e = n·m / (n + m).
    """
    effective = sqrt(first * second / (first + second))
    scaled = (effective + 0.12 + 0.11 / effective) * gap
    if scaled < 0.2:  # the series converges slowly there, to one
        return 1.0
    terms = (2.0 * (1 if number % 2 else -1) * exp(-2 * (number * scaled) ** 2) for number in range(1, 101))
    return min(1.0, max(0.0, sum(terms)))


def gap_by_chance(first: int, second: int, chance: float = CHANCE) -> float:
    """The gap that two samples of one distribution exceed with this chance."""
    return sqrt(-log(chance / 2) / 2) * sqrt((first + second) / (first * second))


def drift_of(attribute: Attribute, reference: Column, target: Column, limits: Limits) -> DriftRow:
    """Compare an attribute, of at least FEWEST images on each side. A limit is never below what chance alone makes."""
    before, after = compared(attribute, reference), compared(attribute, target)
    counts = len(before), len(after)
    cuts = cuts_of(before, bins_for(*counts))
    psi, ks = stability_index(before, after, cuts), largest_gap(before, after)
    noise = index_by_chance(*counts, len(cuts) + 1)
    psi_limit = max(limits.psi, noise)
    ks_limit = max(limits.ks, gap_by_chance(*counts))
    psi_marginal = _up(min(psi_limit, max(limits.psi_moderate, noise)))
    verdict: Literal["stable", "moderate", "drifted"] = "stable"
    if _up(psi) > _up(psi_limit) or _up(ks) > _up(ks_limit):
        verdict = "drifted"
    elif _up(psi) > psi_marginal:
        verdict = "moderate"
    row = DriftRow(
        attribute=attribute.name,
        title=attribute.title,
        unit=attribute.unit,
        psi=_up(psi),
        psi_limit=_up(psi_limit),
        psi_marginal=psi_marginal,
        ks=_up(ks),
        ks_limit=_up(ks_limit),
        p=significant(gap_probability(ks, *counts), 3),
        median=significant(np.median(reference)),
        target_median=significant(np.median(target)),
        verdict=verdict,
        words="",
    )
    row["words"] = in_words(attribute, row)
    return row


def _up(value: float) -> float:
    return round(value, 4)


def in_words(attribute: Attribute, row: DriftRow) -> str:
    """`Brightness has drifted: brighter, median 112 → 149 (PSI 1.31, KS 0.42).`"""
    told = {"stable": "is stable", "moderate": "has changed moderately", "drifted": "has drifted"}[row["verdict"]]
    before, after = row["median"], row["target_median"]
    how = "" if after == before else f"{attribute.more if after > before else attribute.less}, "
    unit = f" {attribute.unit}" if attribute.unit else ""
    medians = (
        f"median {before:g} → {after:g}{unit}"
        if after != before
        else f"the same median {before:g}{unit}, spread differently"
    )
    if row["verdict"] == "stable":
        return (
            f"{attribute.title} {told}: median {before:g} → {after:g}{unit} (PSI {row['psi']:.3g}, KS {row['ks']:.3g})."
        )
    return f"{attribute.title} {told}: {how}{medians} (PSI {row['psi']:.3g}, KS {row['ks']:.3g})."
