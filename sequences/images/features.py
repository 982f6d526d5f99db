"""What an image looks like as a short vector: colour, light, texture and layout, each in a block of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Values = NDArray[Any]  # of floats

SIDE = 64  # pixels of the square that is looked at
HUES, LEVELS, DIRECTIONS, GRID = 8, 8, 8, 4
# Blocks of a vector and how many numbers each has; in a distance all blocks count alike.
BLOCKS = {"hues": HUES, "opponents": 6, "levels": LEVELS, "directions": DIRECTIONS, "patterns": 10, "layout": GRID**2}
LENGTH = sum(BLOCKS.values())
_EDGE = 8.0  # grey levels of a gradient, below which it has no direction
_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))


def _uniform_codes() -> NDArray[np.uint8]:
    """For each code of 8 neighbours its pattern: the count of ones where they lie together, else 9."""
    codes = np.full(256, 9, dtype=np.uint8)
    for code in range(256):
        turned = (code >> 1) | ((code & 1) << 7)
        if bin(code ^ turned).count("1") <= 2:
            codes[code] = bin(code).count("1")
    return codes


_PATTERNS = _uniform_codes()


def features(picture: Image.Image) -> list[float]:
    """LENGTH numbers of an RGB picture, of about 0 to 1 each, in the order of BLOCKS."""
    colours = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)
    luma = colours @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    parts = (_hues(colours), _opponents(colours), _levels(luma), _directions(luma), _patterns(luma), _layout(luma))
    return [round(float(value), 5) for part in parts for value in part]


def _hues(colours: Values) -> Values:
    """Shares of hues, each pixel weighed by how colourful it is."""
    highest, lowest = colours.max(axis=2), colours.min(axis=2)
    chroma = highest - lowest
    red, green, blue = colours[..., 0], colours[..., 1], colours[..., 2]
    divisor = np.where(chroma > 0, chroma, 1)
    hue = np.where(highest == red, (green - blue) / divisor, (blue - red) / divisor + 2)
    hue = np.where((highest == blue) & (highest != red), (red - green) / divisor + 4, hue) % 6
    places = np.minimum((hue * (HUES / 6)).astype(np.intp), HUES - 1)
    found: Values = np.bincount(places.ravel(), chroma.ravel(), HUES) / (chroma.size * 255)
    return found.astype("f4")


def _opponents(colours: Values) -> Values:
    """Mean and deviation of light, of red against green and of yellow against blue."""
    red, green, blue = colours[..., 0], colours[..., 1], colours[..., 2]
    parts = (colours.mean(axis=2), red - green, (red + green) / 2 - blue)
    return np.array([value for part in parts for value in (part.mean(), part.std())]) / 255


def _levels(luma: Values) -> Values:
    return np.histogram(luma, LEVELS, (0, 256))[0] / luma.size


def _directions(luma: Values) -> Values:
    """Shares of the directions of edges, without their sign, over all pixels."""
    down, right = np.gradient(luma)
    strength = np.hypot(down, right)
    angle = np.arctan2(down, right) % np.pi
    places = np.minimum((angle * (DIRECTIONS / np.pi)).astype(np.intp), DIRECTIONS - 1)
    return np.bincount(places[strength > _EDGE], minlength=DIRECTIONS) / luma.size


def _patterns(luma: Values) -> Values:
    """Uniform local binary patterns, whatever way they are turned (Ojala et al., PAMI 2002)."""
    inner = luma[1:-1, 1:-1]
    codes = np.zeros(inner.shape, dtype=np.uint8)
    size = luma.shape[0]
    for bit, (down, right) in enumerate(_NEIGHBOURS):
        around = luma[1 + down : size - 1 + down, 1 + right : size - 1 + right]
        codes |= (around > inner + 1).astype(np.uint8) << bit
    return np.bincount(_PATTERNS[codes].ravel(), minlength=10) / inner.size


def _layout(luma: Values) -> Values:
    """Mean light of 4 × 4 places."""
    cell = SIDE // GRID
    found: Values = luma.reshape(GRID, cell, GRID, cell).mean(axis=(1, 3)) / 255
    return found.ravel()


def weights() -> NDArray[np.float64]:
    """What each number counts in a distance once it is standardised, so that all blocks count alike."""
    return np.concatenate([np.full(length, length**-0.5) for length in BLOCKS.values()])
