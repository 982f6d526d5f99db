"""Hashes of pictures that look alike, and groups of them, against comparing all with all."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sequences.images.alike import close_pairs, difference_hash, equal_groups, groups_alike


def bits_apart(one: str, other: str) -> int:
    return bin(int(one, 16) ^ int(other, 16)).count("1")


def saved_badly(picture):
    file = BytesIO()
    picture.save(file, "JPEG", quality=40)
    return Image.open(file)


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture.resize((200, 133)),
        lambda picture: picture.point(lambda level: level * 0.8),
        saved_badly,
    ],
    ids=["scaled", "darkened", "saved badly"],
)
def test_changed_photograph_keeps_its_hash_nearly(photograph, change):
    assert bits_apart(difference_hash(photograph), difference_hash(change(photograph))) <= 4


def test_mirrored_photograph_looks_different(photograph):
    mirrored = photograph.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert bits_apart(difference_hash(photograph), difference_hash(mirrored)) > 10


def test_flat_picture_and_even_light_have_no_hash():
    gradient = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (64, 1)))
    assert (difference_hash(Image.new("RGB", (64, 64), "blue")), difference_hash(gradient)) == (None, None)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30), st.integers(0, 10), st.data())
def test_pairs_are_those_of_comparing_all_with_all(values, most, data):
    flips = data.draw(st.lists(st.lists(st.integers(0, 63), max_size=12), max_size=10)) if values else []
    for number, places in enumerate(flips):  # neighbours, which chance alone would not make
        values.append(values[number % len(values)] ^ sum({1 << place for place in places}))
    numbers = sorted(set(values))
    found = set(close_pairs(np.array(numbers, dtype=np.uint64), most))
    expected = {
        (first, second)
        for first in range(len(numbers))
        for second in range(first + 1, len(numbers))
        if bin(numbers[first] ^ numbers[second]).count("1") <= most
    }
    assert {tuple(sorted(pair)) for pair in found} == expected


def test_group_holds_what_is_alike_by_one_between():
    hashes = [f"{value:016x}" for value in (0, 0b11, 0b1111, 2**64 - 1)] + [None, f"{0:016x}"]
    assert groups_alike(hashes, 2) == [[0, 1, 2, 5]]
    assert groups_alike(hashes, 1) == [[0, 5]]


def test_nothing_is_alike_where_nothing_is():
    assert (groups_alike([], 4), groups_alike([None, None], 4), equal_groups([None, None])) == ([], [], [])


def test_equal_groups_come_by_size():
    assert equal_groups(["a", "b", "b", "a", "c", "b", None, None]) == [[1, 2, 5], [0, 3]]


def test_ten_thousand_hashes_that_share_most_bands_are_grouped():
    dice = np.random.default_rng(1)
    values = dice.integers(0, 2**20, 10_000, dtype=np.uint64)  # 44 bits are the same everywhere
    groups = groups_alike([f"{int(value):016x}" for value in values], 0)
    assert sum(map(len, groups)) == 10_000 - sum(np.unique(values, return_counts=True)[1] == 1)
