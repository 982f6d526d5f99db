"""How a batch goes over its items: what the manifest declares, and what holds once somebody has asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

AUTO, AUTOMATIC = "auto", 0  # how a size of chunks that follows from the work is written, and how it is kept
LARGEST_CHUNK = 500  # items
SHORTEST_TIMEOUT_S, LONGEST_TIMEOUT_S = 0.1, 3600.0  # of one item
MOST_PIXELS = 1_000_000_000
MOST_LANES = 1000
DATASET, TARGET = "dataset", "target_dataset"
NEEDS = ([DATASET], [DATASET, TARGET])  # which datasets a sequence may ask for


@dataclass(frozen=True)
class DeclaredItems:
    """The key `items` of a manifest."""

    chunk_size: int = 10  # items; AUTOMATIC: by the size of the files, then by the time that items take
    timeout_s: float = 60.0  # of one item
    max_pixels: int = 100_000_000  # of one image; a larger one is not opened


class ItemsOptions(TypedDict):
    """What holds for one batch, as its row keeps it."""

    chunk_size: int  # items; AUTOMATIC
    timeout_s: float  # of one item
    max_pixels: int  # of one image
    max_failed_items: int  # with more of them, the batch fails
    lanes: int  # at most so many work on it at a time; 0: as many as there are


def effective_options(
    declared: DeclaredItems,
    *,
    max_failed_items: int = 0,
    chunk_size: int | None = None,
    timeout_s: float | None = None,
    max_pixels: int | None = None,
    lanes: int | None = None,
) -> ItemsOptions:
    """What was asked for (None: nothing), else what the manifest declares."""
    return {
        "chunk_size": declared.chunk_size if chunk_size is None else chunk_size,
        "timeout_s": declared.timeout_s if timeout_s is None else timeout_s,
        "max_pixels": declared.max_pixels if max_pixels is None else max_pixels,
        "max_failed_items": max_failed_items,
        "lanes": lanes or 0,
    }
