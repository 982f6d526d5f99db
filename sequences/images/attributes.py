"""The figures of one image. What each means, with formula and source, stands in docs/analyses.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sequences.images.alike import difference_hash
from sequences.images.pixels import as_rgb, pixel_hash, reduced, upright_size

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Attribute:
    """A figure that every image has. `log`: it spreads over orders of magnitude, and is compared by its logarithm."""

    name: str
    title: str
    unit: str = ""
    log: bool = False
    more: str = "higher"  # what a larger value is called
    less: str = "lower"


ATTRIBUTES = (
    Attribute("width", "Width", "px", log=True, more="wider", less="narrower"),
    Attribute("height", "Height", "px", log=True, more="taller", less="lower"),
    Attribute("bytes", "File size", "B", log=True, more="larger", less="smaller"),
    Attribute("aspect", "Aspect ratio", log=True, more="wider", less="taller"),
    Attribute("brightness", "Brightness", more="brighter", less="darker"),
    Attribute("contrast", "Contrast", more="more contrast", less="less contrast"),
    Attribute("sharpness", "Sharpness", log=True, more="sharper", less="more blurred"),
    Attribute("entropy", "Entropy", "bit", more="richer in detail", less="poorer in detail"),
    Attribute("saturation", "Saturation", "%", more="more saturated", less="paler"),
    Attribute("colourfulness", "Colourfulness", more="more colourful", less="less colourful"),
    Attribute("red", "Mean red", more="more red", less="less red"),
    Attribute("green", "Mean green", more="more green", less="less green"),
    Attribute("blue", "Mean blue", more="more blue", less="less blue"),
)
BY_NAME = {attribute.name: attribute for attribute in ATTRIBUTES}
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


def measure(picture: Image.Image, size: int, longest_side: int) -> dict[str, Any]:
    """Every attribute of a decoded picture, its format, mode and hashes. `size` is that of its file in bytes.

    What is measured in pixels is measured on at most `longest_side` of them, so that pictures of a large and of a small
    camera can be compared; size and hash of the pixels are those of the whole picture.
    """
    width, height = upright_size(picture)
    whole = as_rgb(picture)
    small = reduced(whole, longest_side)
    return {
        "format": picture.format or "",
        "mode": picture.mode,
        "width": width,
        "height": height,
        "bytes": size,
        "aspect": round(width / height, 4),
        **appearance(small),
        "pixels": pixel_hash(whole),
        "hash": difference_hash(small),
    }


def appearance(picture: Image.Image) -> dict[str, float]:
    """Light, detail and colour of an RGB picture."""
    colours = np.asarray(picture, dtype=np.float32)
    luma = colours @ LUMA
    red, green, blue = (float(mean) for mean in colours.reshape(-1, 3).mean(axis=0, dtype=np.float64))
    figures = {
        "brightness": float(luma.mean(dtype=np.float64)),
        "contrast": float(luma.std(dtype=np.float64)),
        "sharpness": sharpness(luma),
        "entropy": entropy(luma),
        "saturation": saturation(colours),
        "colourfulness": colourfulness(colours),
        "red": red,
        "green": green,
        "blue": blue,
    }
    return {name: round(value, 4) for name, value in figures.items()}


def sharpness(luma: Floats) -> float:
    """Variance of the Laplacian, inner pixels only; 0 below 3 × 3 pixels (Pech-Pacheco et al., ICPR 2000)."""
    if min(luma.shape) < 3:
        return 0.0
    inner = luma[1:-1, 1:-1]
    edges = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * inner
    return float(edges.var(dtype=np.float64))


def entropy(luma: Floats) -> float:
    """Shannon entropy of the histogram of 256 levels, in bits: 0 for one level, 8 where all are equally often."""
    counts = np.bincount(np.clip(np.rint(luma), 0, 255).astype(np.uint8).ravel(), minlength=256)
    shares = counts[counts > 0] / luma.size
    return max(0.0, float(-(shares * np.log2(shares)).sum()))


def saturation(colours: Floats) -> float:
    """Mean saturation of HSV in percent; black has none."""
    highest = colours.max(axis=2)
    lowest = colours.min(axis=2)
    return float(100 * np.divide(highest - lowest, highest, out=np.zeros_like(highest), where=highest > 0).mean())


def colourfulness(colours: Floats) -> float:
    """Hasler and Süsstrunk, Measuring colourfulness in natural images (2003): 0 for grey, 109 is extreme."""
    red, green, blue = colours[..., 0], colours[..., 1], colours[..., 2]
    opposed = red - green, (red + green) / 2 - blue
    spread = np.hypot(*(part.std(dtype=np.float64) for part in opposed))
    shift = np.hypot(*(part.mean(dtype=np.float64) for part in opposed))
    return float(spread + 0.3 * shift)
