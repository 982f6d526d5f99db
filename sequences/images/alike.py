"""Images that look alike: a hash of 64 bits for each, and groups of hashes that differ in few bits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BITS = 64
FLAT = 1.0  # grey levels: what varies less looks like nothing in particular
# Where nearly all places are brighter than their neighbours, or nearly none, it is a smooth sky or wall like any other.
PLAIN = 8
_BLOCK = 1024  # rows of a bucket that are compared at once
_ONES = np.array([bin(value).count("1") for value in range(256)], dtype=np.uint8)


def difference_hash(picture: Image.Image) -> str | None:
    """Whether each of 8 × 8 places is brighter than its left neighbour, in 16 hexadecimal digits.

    The dHash of Krawetz (2013): it stays nearly the same when a picture is scaled, saved anew or brightened. None where
    there is nothing to recognise: one level all over, or light that rises evenly.
    """
    small = np.asarray(picture.convert("L").resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    if small.std() < FLAT:
        return None
    brighter = small[:, 1:] > small[:, :-1]
    if not PLAIN < brighter.sum() < BITS - PLAIN:
        return None
    return np.packbits(brighter).tobytes().hex()


def groups_alike(hashes: Sequence[str | None], most_bits: int) -> list[list[int]]:
    """Groups of places whose hashes differ in at most so many bits, directly or by one between them; the largest first.

    Exact, without comparing all with all: two hashes that differ in d bits agree in at least one of d + 1 bands.
    """
    by_hash: dict[int, list[int]] = defaultdict(list)
    for place, text in enumerate(hashes):
        if text is not None:
            by_hash[int(text, 16)].append(place)
    values = np.array(list(by_hash), dtype=np.uint64)
    joined = _joined(len(values), close_pairs(values, most_bits))
    groups: dict[int, list[int]] = defaultdict(list)
    for root, places in zip(joined, by_hash.values(), strict=True):
        groups[root] += places
    return in_order(groups.values())


def in_order(groups: Iterable[list[int]]) -> list[list[int]]:
    """Those with more than one member, the largest first."""
    return sorted((sorted(group) for group in groups if len(group) > 1), key=lambda group: (-len(group), group[0]))


def equal_groups(keys: Sequence[object]) -> list[list[int]]:
    """Groups of places with the same key, which is not None; the largest first."""
    groups: dict[object, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        if key is not None:
            groups[key].append(place)
    return in_order(groups.values())


def close_pairs(values: NDArray[np.uint64], most_bits: int) -> Iterable[tuple[int, int]]:
    """Places of different values that differ in at most `most_bits` bits; a pair may come more than once."""
    bounds = [round(BITS * band / (most_bits + 1)) for band in range(most_bits + 2)]
    for low, high in pairwise(bounds):
        keys = (values >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, cuts):
            if len(bucket) > 1:
                yield from _pairs_of(bucket, values[bucket], most_bits)


def _pairs_of(bucket: NDArray[np.intp], values: NDArray[np.uint64], most_bits: int) -> Iterable[tuple[int, int]]:
    for start in range(0, len(bucket), _BLOCK):
        rows = values[start : start + _BLOCK]
        apart = distance_bits(rows[:, None], values[None, start:])
        first, second = np.nonzero(np.triu(apart <= most_bits, k=1))
        yield from zip(bucket[first + start].tolist(), bucket[second + start].tolist(), strict=True)


def distance_bits(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The Hamming distance, for arrays that fit each other."""
    different = np.ascontiguousarray(one ^ other)
    found: NDArray[np.int64] = _ONES[different[..., None].view(np.uint8)].sum(axis=-1, dtype=np.int64)
    return found


def _joined(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` members one member of its group, the same for all of the group."""
    above = list(range(count))

    def top(member: int) -> int:
        while above[member] != member:
            above[member] = above[above[member]]
            member = above[member]
        return member

    for one, other in pairs:
        above[top(one)] = top(other)
    return [top(member) for member in range(count)]
