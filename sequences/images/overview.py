"""What the results of all bundled sequences over images begin with, and what they say when there is nothing to say."""

from __future__ import annotations

from collections.abc import Sequence

from sequences.images.alike import equal_groups, groups_alike
from sequences.images.results import ImageResult, Summary
from sequences.images.table import MOST_SHARES, Table

MOST_GROUPS, MOST_IN_GROUP = 100, 50  # that a result names; its summary counts all


def begun(kind: str, table: Table) -> ImageResult:
    """A result with the counts of a table, and why items failed."""
    result = ImageResult(
        kind=kind,  # type: ignore[typeddict-item]
        summary=Summary(images=len(table), failed=table.failed, total_bytes=table.total_bytes),
    )
    if table.failures:
        result["failures"] = table.reasons(MOST_SHARES)
    return result


def why_nothing(table: Table, side: str = "dataset") -> str:
    """Why a table is empty."""
    if not table.failed:
        return f"The {side} has no items: there is nothing to look at."
    reason = table.reasons(1)[0]["name"]
    return f"None of the {table.failed} items of the {side} could be read, most often because: {reason}"


def add_duplicates(result: ImageResult, table: Table, near_bits: int | None) -> None:
    """Groups with equal pixels, and with `near_bits` groups that look alike, by the texts `pixels` and `hash`."""
    equal = equal_groups(table.texts["pixels"])
    result["summary"]["duplicates"] = surplus(equal)
    result["duplicates"] = _named(table, equal)
    if near_bits is not None:
        alike = groups_alike(table.texts["hash"], near_bits)
        result["summary"]["near_duplicates"] = surplus(alike)
        result["near_duplicates"] = _named(table, alike)


def surplus(groups: Sequence[Sequence[int]]) -> int:
    """How many images there are beyond the first of each group."""
    return sum(len(group) - 1 for group in groups)


def _named(table: Table, groups: list[list[int]]) -> list[list[int]]:
    return [table.at(group[:MOST_IN_GROUP]) for group in groups[:MOST_GROUPS]]
