"""A process that decodes images for the reader of a dataset, and may crash or hang over one. Knows no Django.

`python -m control.datasets.looking FD`: over the socket FD come requests with two descriptors, an image and an empty
file for its thumbnail; each is answered with one line of JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import sys
import warnings
from contextlib import suppress
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from sequences.items.formats import readable

LONGEST_MESSAGE = 4096  # bytes
THUMBNAIL = 160  # pixels at most, of its longer side
MEMORY = 4 * 1024**3  # bytes of addresses
_PR_SET_PDEATHSIG = 1
_QUALITY = 80


def look(image: int, thumbnail: int, max_pixels: int) -> dict[str, Any]:
    """Decode the image behind a descriptor, write its thumbnail to another one, and return what was found.

    `media_type` is empty for what is no image; `problem` says why an image cannot be used.
    """
    found: dict[str, Any] = {"media_type": "", "width": None, "height": None, "thumbnail": False, "problem": ""}
    known = readable(Image.OPEN)
    try:
        with os.fdopen(image, "rb") as file, Image.open(file, formats=known) as picture:
            width, height = picture.size
            found |= {"media_type": Image.MIME.get(picture.format or "", ""), "width": width, "height": height}
            if width * height > max_pixels:
                return found | {"problem": "pixels"}
            _write_thumbnail(picture, thumbnail)
            return found | {"thumbnail": True}
    except UnidentifiedImageError:
        return found
    except Exception as error:  # each decoder has its own ways to fail
        words = f"{type(error).__name__}: {error}"
        return found | {"problem": "".join(letter if letter.isprintable() else " " for letter in words)[:200]}
    finally:
        with suppress(OSError):
            os.close(thumbnail)


def _write_thumbnail(picture: Image.Image, target: int) -> None:
    """Encoded anew: pixels and nothing else."""
    if picture.format == "JPEG":
        picture.draft("RGB", (THUMBNAIL, THUMBNAIL))  # decodes an eighth of the pixels of a large one
    picture.load()
    small = _eight_bits(picture)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    with suppress(Exception):  # what a camera wrote beside the pixels may be broken; then it stays as it lies
        small = ImageOps.exif_transpose(small)
    if small.has_transparency_data:
        small = small.convert("RGBA")
        ground = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(ground, small)
    with os.fdopen(os.dup(target), "wb") as file:
        small.convert("RGB").save(file, "JPEG", quality=_QUALITY)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Of measured values with more than eight bits: from the darkest to the brightest one of the picture."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    values = picture.convert("F")
    low, high = values.getextrema()
    scale = 255.0 / (high - low) if high > low else 1.0
    return values.point(lambda value: value * scale - low * scale).convert("L")


def main() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if _hard == resource.RLIM_INFINITY else min(MEMORY, _hard), _hard))
    Image.MAX_IMAGE_PIXELS = None  # our own limit comes with each request, and is looked at before a pixel is decoded
    warnings.simplefilter("ignore")
    Image.init()
    with socket.socket(fileno=int(sys.argv[1])) as line:
        while True:
            message, handles, _flags, _address = socket.recv_fds(line, LONGEST_MESSAGE, 2)
            if not message:
                return
            answer = look(handles[0], handles[1], json.loads(message)["max_pixels"])
            line.sendall(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
