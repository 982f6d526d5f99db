"""What a step over items has found, as columns: a few numbers for each image, however many there are."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sequences.images.results import Share

Column = NDArray[np.float64]
_NUMBER = re.compile(r"\d[\d.,]*")
REASON_LIMIT = 200  # characters
MOST_SHARES = 20


class Found(Protocol):
    """What is read of an `ItemResult`."""

    @property
    def index(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def ok(self) -> bool: ...
    @property
    def result(self) -> Any: ...
    @property
    def error(self) -> str: ...
    @property
    def thumbnail(self) -> Path | None: ...


@dataclass
class Table:
    """The images that were read: all lists and columns are in the same order.

    `failures` counts reasons, whatever numbers they hold; `examples` has the first whole one of each.
    """

    indexes: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    texts: dict[str, list[str | None]] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    vectors: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    thumbnails: list[Path | None] = field(default_factory=list)
    failed: int = 0
    total_bytes: int = 0  # failed ones included
    failures: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.indexes)

    def at(self, places: Iterable[int]) -> list[int]:
        """The indexes of the images at some places of the table."""
        return [self.indexes[place] for place in places]

    def note_failure(self, error: str) -> None:
        self.failed += 1
        reason = error.strip().split("\n")[0][:REASON_LIMIT]
        kind = _NUMBER.sub("…", reason)
        self.failures[kind] += 1
        self.examples.setdefault(kind, reason)

    def reasons(self, most: int) -> list[Share]:
        """Why items failed, the most frequent first; what differs in its numbers alone is one, told by the first."""
        return [Share(name=self.examples[kind], count=count) for kind, count in self.failures.most_common(most)]


def gather(
    items: Iterable[Found],
    numbers: Sequence[str],
    texts: Sequence[str] = (),
    *,
    vector: str = "",
    pause: Callable[[], None] = lambda: None,
) -> Table:
    """Take the named numbers and texts of every item that has ended well, and a list of numbers under `vector`.

    `pause` is called now and then: a place to pause or to stop.
    """
    table = Table(texts={name: [] for name in texts})
    columns = {name: array("d") for name in numbers}
    vectors, width = array("d"), 0
    for number, item in enumerate(items):
        if number % 1000 == 0:
            pause()
        table.total_bytes += item.size
        if not item.ok:
            table.note_failure(item.error)
            continue
        table.indexes.append(item.index)
        table.paths.append(item.path)
        table.thumbnails.append(item.thumbnail)
        for name in numbers:
            columns[name].append(item.result[name])
        for name in texts:
            table.texts[name].append(item.result[name])
        if vector:
            width = len(item.result[vector])
            vectors.extend(item.result[vector])
    table.columns = {name: np.frombuffer(column, dtype=np.float64) for name, column in columns.items()}
    if vectors:
        table.vectors = np.frombuffer(vectors, dtype=np.float64).reshape(len(table), width)
    return table


def shares(values: Iterable[str | None], most: int = MOST_SHARES) -> list[Share]:
    """How often there is which value, the most frequent first; what is beyond `most` of them is left out."""
    counts = Counter(value for value in values if value is not None)
    return [Share(name=name, count=count) for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))][
        :most
    ]


def folders_of(paths: Iterable[str]) -> list[Share]:
    """How many images lie in which folder of the dataset; "." is the dataset itself."""
    return shares(str(PurePosixPath(path).parent) for path in paths)


def sizes_of(table: Table) -> list[Share]:
    """How many images have which width and height in pixels."""
    pairs = zip(table.columns["width"], table.columns["height"], strict=True)
    return shares(f"{width:.0f} × {height:.0f}" for width, height in pairs)
