"""Pictures of every kind become upright RGB of eight bits."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sequences.images.pixels import ORIENTATION, as_rgb, pixel_hash, reduced, upright_size


def turned(picture, orientation):
    """The picture as a camera writes it that was held otherwise."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = BytesIO()
    picture.save(file, "PNG", exif=exif)
    return Image.open(file)


def test_picture_is_turned_upright():
    picture = Image.new("RGB", (4, 2), "black")
    picture.putpixel((0, 0), (255, 0, 0))
    found = turned(picture, 6)
    assert upright_size(found) == (2, 4)
    assert (as_rgb(found).size, as_rgb(found).getpixel((1, 0))) == ((2, 4), (255, 0, 0))


def test_broken_orientation_leaves_it_as_it_lies():
    assert as_rgb(turned(Image.new("RGB", (4, 2)), 99)).size == (4, 2)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16", "RGBA", "LA"])
def test_every_mode_becomes_rgb(mode):
    found = as_rgb(Image.new(mode, (3, 2)))
    assert (found.mode, found.size) == ("RGB", (3, 2))


def test_what_is_transparent_lies_on_white():
    assert as_rgb(Image.new("RGBA", (1, 1), (200, 0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("level", "dtype", "expected"),
    [(65535, np.uint16, 255), (32896, np.uint16, 128), (200, np.int32, 200), (65535, np.int32, 255), (0.5, "f4", 128)],
)
def test_grey_of_more_bits_is_scaled_down(level, dtype, expected):
    assert as_rgb(Image.fromarray(np.full((2, 2), level, dtype=dtype))).getpixel((0, 0)) == (expected,) * 3


def test_reduced_picture_keeps_its_shape_and_a_small_one_its_pixels():
    assert reduced(Image.new("RGB", (1000, 10)), 100).size == (100, 1)
    small = Image.new("RGB", (99, 10))
    assert reduced(small, 100) is small


def test_pixel_hash_is_of_pixels_whatever_the_file(photograph):
    again = BytesIO()
    photograph.save(again, "PNG")
    other = photograph.copy()
    other.putpixel((0, 0), (1, 2, 3))
    hashes = [pixel_hash(as_rgb(Image.open(again))), pixel_hash(photograph), pixel_hash(other)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_pixel_hash_tells_shapes_apart():
    assert pixel_hash(Image.new("RGB", (4, 2))) != pixel_hash(Image.new("RGB", (2, 4)))
