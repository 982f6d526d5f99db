"""Pictures that steps attach: whatever they were, they become PNG that holds pixels and nothing else."""

from __future__ import annotations

import warnings
from contextlib import suppress
from io import BytesIO
from typing import Any, NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
PIXEL_LIMIT = 25_000_000  # a bench camera has 20 million; decoded they take 100 MiB
# Modes that a PNG holds as they are; everything else becomes colour.
_KEPT_MODES = ("1", "L", "LA", "RGB", "RGBA", "I;16")
_MODE_OF_CHANNELS = {1: "L", 3: "RGB", 4: "RGBA"}
_COMPRESSION = 2  # of 9


class Png(NamedTuple):
    """An encoded picture, with its size in pixels."""

    content: bytes
    width: int
    height: int


def as_png(image: Any) -> Png:
    """Encode a picture anew: bytes in one of FORMATS, a picture of Pillow, or an array of uint8.

    An array has the shape (height, width) or (height, width, channels), with 1, 3 or 4 channels. Raises ValueError for
    a picture that is too large or cannot be read, TypeError for what is none.
    """
    if isinstance(image, bytes | bytearray):
        picture = _decoded(bytes(image))
    elif isinstance(image, Image.Image):
        picture = image
    else:
        picture = _of_array(image)
    _check_pixels(*picture.size)
    with suppress(Exception):  # what a camera wrote beside the pixels may be broken; then it stays as it lies
        picture = ImageOps.exif_transpose(picture)
    return _encoded(picture)


def _decoded(content: bytes) -> Image.Image:
    """A picture whose size was looked at before a pixel of it was decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            picture = Image.open(BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise _too_large("it") from None
    except UnidentifiedImageError:
        raise ValueError(f"this is no picture that can be read, which are: {', '.join(FORMATS)}") from None
    _check_pixels(*picture.size)
    try:
        picture.load()
    except Exception as error:  # each decoder has its own ways to fail
        raise ValueError(f"the picture is damaged: {error}") from error
    return picture


def _of_array(array: Any) -> Image.Image:
    try:
        view = memoryview(array)
    except TypeError:
        known = "bytes, a Path, a picture of Pillow or an array"
        raise TypeError(f"a picture is {known}, not {type(array).__name__}") from None
    shape = view.shape or ()
    mode = _MODE_OF_CHANNELS.get(shape[2] if len(shape) == 3 else 1)
    if view.format != "B" or len(shape) not in (2, 3) or mode is None or 0 in shape:
        raise ValueError(
            "an array is a picture with the shape (height, width) or (height, width, 1, 3 or 4) and values of type "
            f"uint8; this one has the shape {shape} and the format '{view.format}'"
        )
    _check_pixels(shape[1], shape[0])
    return Image.frombytes(mode, (shape[1], shape[0]), view.tobytes())


def _check_pixels(width: int, height: int) -> None:
    if width * height > PIXEL_LIMIT:
        raise _too_large(f"{width:,} × {height:,}")


def _too_large(what: str) -> ValueError:
    return ValueError(f"{what} is more than {PIXEL_LIMIT:,} pixels: make the picture smaller")


def _encoded(picture: Image.Image) -> Png:
    """Without the texts, times, places and colour profiles that came with it."""
    mode = picture.mode if picture.mode in _KEPT_MODES else "RGB"
    if "transparency" in picture.info or picture.mode in ("PA", "La", "RGBa"):
        mode = "RGBA"
    clean = picture.convert(mode)
    clean.info = {}
    file = BytesIO()
    clean.save(file, "PNG", compress_level=_COMPRESSION)
    return Png(file.getvalue(), *clean.size)
