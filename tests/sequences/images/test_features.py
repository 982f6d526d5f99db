"""The vector of a picture: what it is made of, and what it tells apart."""

from __future__ import annotations

import numpy as np
from PIL import Image

from sequences.images.features import BLOCKS, LENGTH, features, weights


def block(picture, name):
    names = list(BLOCKS)
    start = sum(BLOCKS[other] for other in names[: names.index(name)])
    return features(picture)[start : start + BLOCKS[name]]


def stripes(across: bool):
    wave = np.where(np.arange(64) % 8 < 4, 0, 255).astype(np.uint8)
    rows = np.tile(wave[:, None] if across else wave, (1, 64) if across else (64, 1))
    return Image.fromarray(rows).convert("RGB")


def test_vector_has_its_length_and_finite_numbers(photograph):
    found = features(photograph)
    assert (len(found), len(weights())) == (LENGTH, LENGTH)
    assert np.isfinite(found).all()


def test_blocks_count_alike():
    squares = weights() ** 2
    sums = [
        sum(squares[start : start + 1]) * length
        for start, length in zip(np.cumsum([0, *BLOCKS.values()]), BLOCKS.values(), strict=False)
    ]
    assert np.allclose(sums, 1)


def test_hues_tell_colours_apart():
    red, green, blue = (block(Image.new("RGB", (64, 64), colour), "hues") for colour in ("red", "lime", "blue"))
    assert [np.argmax(red), np.argmax(green), np.argmax(blue)] == [0, 2, 5]
    assert block(Image.new("RGB", (64, 64), "grey"), "hues") == [0] * 8


def test_directions_tell_stripes_apart():
    upright, across = block(stripes(False), "directions"), block(stripes(True), "directions")
    assert (np.argmax(upright), np.argmax(across)) == (0, 4)


def test_layout_is_light_by_place():
    picture = Image.new("RGB", (64, 64))
    picture.paste("white", (0, 0, 16, 16))
    assert block(picture, "layout") == [1] + [0] * 15


def test_nearby_tile_is_nearer_than_another_photograph(photograph):
    here, beside = (features(photograph.crop((left, 100, left + 96, 196))) for left in (200, 212))
    other = features(stripes(True))
    assert np.linalg.norm(np.subtract(here, beside)) < np.linalg.norm(np.subtract(here, other)) / 3
