"""Checks the keys of a manifest that are about work over datasets, and about work that need not be done twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sequences.items.options import (
    AUTO,
    LARGEST_CHUNK,
    LONGEST_TIMEOUT_S,
    MOST_PIXELS,
    NEEDS,
    SHORTEST_TIMEOUT_S,
    DeclaredItems,
)
from sequences.limits import is_number
from sequences.manifest import Source
from sequences.problems import Problem
from sequences.wording import quoted, shown

Finding = tuple[tuple[str, ...], str]  # where below the key, and what
ITEMS_KEYS = tuple(DeclaredItems.__annotations__)
MOST_FAILED_ITEMS = 1_000_000
MOST_CONCURRENT = 1000
# These ask for a lane: two slots never do the same work, as each has its own board before it.
WITHOUT_INSTRUMENTS = ("needs", "cacheable", "unique")


def check_items(value: object) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield (), f"must be a mapping, it is {shown(value)}"
        return
    for key, given in value.items():
        if key not in ITEMS_KEYS:
            yield (str(key),), f"unknown key '{quoted(str(key))}' (known: {', '.join(ITEMS_KEYS)})"
        elif not _is_fine(key, given):
            yield (key,), f"{key} must be {_ALLOWED[key]}, it is {shown(given)}"


_ALLOWED = {
    "chunk_size": f"{AUTO}, or a whole number from 1 to {LARGEST_CHUNK}",
    "timeout_s": f"a number of seconds from {SHORTEST_TIMEOUT_S:g} to {LONGEST_TIMEOUT_S:g}",
    "max_pixels": f"a whole number from 1 to {MOST_PIXELS:,}",
}


def _is_fine(key: str, given: object) -> bool:
    if key == "timeout_s":
        return is_number(given) and SHORTEST_TIMEOUT_S <= given <= LONGEST_TIMEOUT_S
    if key == "chunk_size":
        return given == AUTO or _is_whole(given, 1, LARGEST_CHUNK)
    return _is_whole(given, 1, MOST_PIXELS)


def check_needs(value: object) -> Iterator[Finding]:
    if value not in NEEDS:
        allowed = " or ".join(f"[{', '.join(names)}]" for names in NEEDS)
        yield (), f"must be {allowed}, it is {shown(value)}"


def check_failed_items(value: object) -> Iterator[Finding]:
    if not _is_whole(value, 0, MOST_FAILED_ITEMS):
        yield (), f"must be a whole number from 0 to {MOST_FAILED_ITEMS:,}, it is {shown(value)}"


def check_concurrent(value: object) -> Iterator[Finding]:
    if not _is_whole(value, 1, MOST_CONCURRENT):
        yield (), f"must be a whole number from 1 to {MOST_CONCURRENT:,}, it is {shown(value)}"


def instrument_problems(source: Source) -> Iterator[Problem]:
    """What a sequence with instruments cannot ask for."""
    data: dict[str, Any] = source.data
    if data.get("instruments"):
        for key in WITHOUT_INSTRUMENTS:
            if data.get(key):
                yield source.problem("E145", f"'{key}' is for sequences without instruments", key)


def _is_whole(value: object, smallest: int, largest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and smallest <= value <= largest
