"""The one shape in which sequences over images tell their result: what pages draw from, and the API gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

RESULT_LIMIT = 60 * 1024  # bytes of JSON, below the 64 KiB that a result may have
SHORTENED = ("map", "outliers", "duplicates", "folders", "failures")  # lists that may be cut, the longest first
MAP_LIMIT = 1500  # points


class Summary(TypedDict):
    """Counts of the whole dataset; sizes in bytes."""

    images: int  # that were read
    failed: int
    total_bytes: int
    target_images: NotRequired[int]  # drift: of the dataset that is compared
    duplicates: NotRequired[int]  # images beyond the first of each group with equal pixels
    near_duplicates: NotRequired[int]  # images beyond the first of each group that looks alike
    clusters: NotRequired[int]
    outliers: NotRequired[int]  # in all, shown or not
    drifted: NotRequired[list[str]]  # names of attributes, the most drifted first
    note: NotRequired[str]  # why something is missing, in English


class Histogram(TypedDict):
    """How often an attribute has which value. `edges` has one number more than `counts`."""

    name: str
    title: str
    unit: str
    edges: list[float]
    counts: list[int]
    scale: Literal["linear", "log"]  # how the edges are spread
    target_counts: NotRequired[list[int]]  # of the dataset that is compared, in the same bins


class Quantiles(TypedDict):
    """An attribute in numbers: its smallest value, the quarters of the images, 5 % and 95 %, its mean and spread."""

    name: str
    title: str
    unit: str
    minimum: float
    p5: float
    p25: float
    median: float
    p75: float
    p95: float
    maximum: float
    mean: float
    deviation: float  # standard deviation of the population


class OutlierRow(TypedDict):
    """An image far from the others, by the attribute in which it is farthest."""

    index: int
    path: str
    attribute: str  # "distance" in clusters: from the centre of its own
    value: float
    median: float
    score: float  # robust z: how many typical distances from the median
    also: NotRequired[list[str]]  # other attributes in which it is far


class Share(TypedDict):
    """How many images have something: a format, a size, a folder, a reason to fail."""

    name: str
    count: int


class Cluster(TypedDict):
    """Images that look alike. `traits`: how its mean differs from that of all, in standard deviations of all."""

    number: int
    size: int
    representatives: list[int]  # indexes of the images nearest to its centre
    traits: list[tuple[str, float]]
    sheet: str  # name of the attached picture


class Choice(TypedDict):
    """How well a number of clusters fits: the mean silhouette, from -1 to 1."""

    k: int
    score: float


class DriftRow(TypedDict):
    """How far an attribute has moved from the reference to the target."""

    attribute: str
    title: str
    unit: str
    psi: float
    psi_limit: float  # that held: at least what chance alone makes with so few images
    psi_marginal: float  # above it, it has changed moderately
    ks: float
    ks_limit: float
    p: float
    median: float
    target_median: float
    verdict: Literal["stable", "moderate", "drifted"]
    words: str  # in English


class ImageResult(TypedDict):
    """`run.result` of every bundled sequence over images. What a kind does not have is not there."""

    kind: Literal["images", "attributes", "clusters", "drift"]
    summary: Summary
    formats: NotRequired[list[Share]]
    sizes: NotRequired[list[Share]]
    folders: NotRequired[list[Share]]
    modes: NotRequired[list[Share]]  # images: how pixels are kept, as Pillow calls it
    cameras: NotRequired[list[Share]]  # images: as they say themselves
    failures: NotRequired[list[Share]]  # reasons
    histograms: NotRequired[list[Histogram]]
    quantiles: NotRequired[list[Quantiles]]
    outliers: NotRequired[list[OutlierRow]]
    duplicates: NotRequired[list[list[int]]]  # groups of indexes with equal pixels
    near_duplicates: NotRequired[list[list[int]]]  # groups that look alike, equal pixels included
    map: NotRequired[list[tuple[float, float, int, int]]]  # x, y, cluster, index of the image
    clusters: NotRequired[list[Cluster]]
    choices: NotRequired[list[Choice]]
    drift: NotRequired[list[DriftRow]]
    shortened: NotRequired[list[str]]  # lists that are not whole, so that the result can be kept


def fit(result: ImageResult) -> ImageResult:
    """The result, cut to what can be kept: long lists lose their second halves, which is said in `shortened`."""
    fitting: dict[str, Any] = dict(result)
    while _size(fitting) > RESULT_LIMIT:
        lists = {name: value for name, value in fitting.items() if isinstance(value, list) and len(value) > 1}
        lists.pop("shortened", None)
        wanted = {name: lists[name] for name in (*SHORTENED, "near_duplicates") if name in lists} or lists
        if not wanted:
            raise ValueError(f"a result of {_size(fitting)} bytes cannot be cut to {RESULT_LIMIT}")
        name = max(wanted, key=lambda one: _size(wanted[one]))
        fitting[name] = wanted[name][: len(wanted[name]) // 2]
        fitting["shortened"] = sorted({*fitting.get("shortened", ()), name})
    return fitting  # type: ignore[return-value]


def _size(value: Mapping[str, Any] | list[Any]) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
