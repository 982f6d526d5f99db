"""The formats of images that are opened at all: by the reader of a dataset, and by steps over its items."""

from __future__ import annotations

from collections.abc import Collection

# What Pillow reads by itself. Others start programs, such as the one for PostScript.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "AVIF")


def readable(known: Collection[str]) -> list[str]:
    """Those that this Pillow can open, `known` being `Image.OPEN`: not each has been built with all of them."""
    return [name for name in FORMATS if name in known]
