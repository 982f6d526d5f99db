"""The figures of one image, against values that can be worked out by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sequences.images import attributes

GREY = Image.new("RGB", (32, 16), (100, 100, 100))


def checkers(low=0, high=255, side=32):
    board = np.indices((side, side)).sum(axis=0) % 2
    return Image.fromarray(np.where(board, high, low).astype(np.uint8)).convert("RGB")


def test_grey_picture_has_light_and_nothing_else():
    found = attributes.appearance(GREY)
    assert (found["brightness"], found["red"], found["green"], found["blue"]) == pytest.approx((100, 100, 100, 100))
    others = ("contrast", "sharpness", "entropy", "saturation", "colourfulness")
    assert [found[name] for name in others] == pytest.approx([0] * 5, abs=1e-3)


def test_checkers_have_one_bit_and_half_the_range_as_contrast():
    found = attributes.appearance(checkers())
    assert (found["brightness"], found["contrast"]) == pytest.approx((127.5, 127.5), abs=1e-3)
    assert found["entropy"] == pytest.approx(1)
    assert found["sharpness"] == pytest.approx((4 * 255) ** 2, rel=1e-4)  # ±1020 at every pixel, equally often


def test_entropy_of_all_levels_is_eight_bits():
    levels = np.arange(256, dtype=np.float32).reshape(16, 16)
    assert attributes.entropy(levels) == pytest.approx(8)


def test_brightness_weighs_colours_as_bt_601_does():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    found = [attributes.appearance(Image.new("RGB", (8, 8), colour))["brightness"] for colour in colours]
    assert found == pytest.approx([0.299 * 255, 0.587 * 255, 0.114 * 255], abs=1e-3)


def test_saturation_is_that_of_hsv():
    assert attributes.appearance(Image.new("RGB", (8, 8), (200, 100, 50)))["saturation"] == pytest.approx(75)
    assert attributes.appearance(Image.new("RGB", (8, 8), (0, 0, 0)))["saturation"] == 0


def test_colourfulness_of_one_colour_is_its_distance_from_grey():
    found = attributes.appearance(Image.new("RGB", (8, 8), (255, 0, 0)))["colourfulness"]
    assert found == pytest.approx(0.3 * sqrt(255**2 + 127.5**2), rel=1e-4)


def test_tiny_picture_has_no_sharpness():
    assert attributes.appearance(Image.new("RGB", (2, 1), "red"))["sharpness"] == 0


def test_large_picture_is_measured_small_and_keeps_its_size():
    found = attributes.measure(checkers(side=200), 5_000, longest_side=100)
    assert (found["width"], found["height"], found["bytes"], found["aspect"]) == (200, 200, 5000, 1)
    assert found["contrast"] == pytest.approx(0, abs=0.6)  # black and white average to grey


def test_blurred_picture_is_less_sharp(photograph):
    sharp = attributes.appearance(photograph)["sharpness"]
    blurred = attributes.appearance(photograph.resize((64, 64)).resize(photograph.size, Image.Resampling.BICUBIC))
    assert blurred["sharpness"] < sharp / 4


@given(st.lists(st.integers(0, 255), min_size=27, max_size=27))
def test_figures_stay_in_their_ranges(levels):
    found = attributes.appearance(Image.fromarray(np.array(levels, dtype=np.uint8).reshape(3, 3, 3)))
    assert 0 <= found["brightness"] <= 255
    assert 0 <= found["contrast"] <= 127.5 + 1e-3
    assert 0 <= found["entropy"] <= np.log2(9) + 1e-3
    assert 0 <= found["saturation"] <= 100


def test_every_attribute_is_measured():
    found = attributes.measure(GREY, 1, 64)
    assert [each.name for each in attributes.ATTRIBUTES if not isinstance(found[each.name], int | float)] == []
