"""From a decoded picture to pixels that can be compared: upright, in eight bits of red, green and blue."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import numpy as np
from PIL import Image, ImageOps

ORIENTATION = 0x0112  # of Exif
QUARTER_TURNS = (5, 6, 7, 8)
SEE_THROUGH = ("RGBA", "LA", "PA", "La", "RGBa")


def upright_size(picture: Image.Image) -> tuple[int, int]:
    """Width and height in pixels as a person sees the picture, not as the camera held it."""
    width, height = picture.size
    with suppress(Exception):  # what a camera wrote beside the pixels may be broken; the picture is not, then
        if picture.getexif().get(ORIENTATION) in QUARTER_TURNS:
            return height, width
    return width, height


def as_rgb(picture: Image.Image) -> Image.Image:
    """Upright, eight bits of red, green and blue; what is transparent lies on white, 16 bits are scaled down."""
    upright = picture
    with suppress(Exception):  # broken Exif: it stays as it lies
        upright = ImageOps.exif_transpose(picture)
    if upright.mode[:1] in ("I", "F"):
        upright = _eight_bits(upright)
    if upright.mode in SEE_THROUGH or "transparency" in upright.info:
        coloured = upright.convert("RGBA")
        ground = Image.new("RGBA", coloured.size, "white")
        ground.alpha_composite(coloured)
        upright = ground
    return upright if upright.mode == "RGB" else upright.convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of more bits or of fractions: white is 65,535, 255 or 1, by its kind and its brightest pixel."""
    levels = np.nan_to_num(np.asarray(picture, dtype=np.float32), posinf=0, neginf=0)
    brightest = levels.max(initial=0)
    if picture.mode.startswith("I;16") or brightest > 255:
        full = 65535.0
    else:
        full = 1.0 if picture.mode == "F" and brightest <= 1 else 255.0
    return Image.fromarray(np.clip(np.rint(levels * (255 / full)), 0, 255).astype(np.uint8))


def reduced(picture: Image.Image, longest_side: int) -> Image.Image:
    """The picture, made smaller by averaging if its longest side has more than so many pixels."""
    largest = max(picture.size)
    if largest <= longest_side:
        return picture
    width, height = (max(1, round(side * longest_side / largest)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BOX)


def pixel_hash(picture: Image.Image) -> str:
    """SHA-256 of size and pixels of an RGB picture, its first 32 digits: equal whatever file it came in."""
    digest = hashlib.sha256(f"{picture.width}x{picture.height}:".encode())
    digest.update(picture.tobytes())
    return digest.hexdigest()[:32]
