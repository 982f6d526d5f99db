"""`item`: what a step over items has in its hands beside `run`."""

from __future__ import annotations

import importlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequences.items.contracts import ItemOrder, Side
from sequences.items.formats import readable

if TYPE_CHECKING:
    from PIL.Image import Image

CHANGED = "it has changed since the dataset was read: have it read again"


class BadItem(Exception):
    """The item is bad, and trying again would not change that. Its text is the reason that people read."""


class Item:
    """One file of a dataset.

    `index` is its number in the batch, `path` its place within the dataset. `side` tells of which: "dataset" or
    "target_dataset". `size` is in bytes; `width` and `height` are in pixels, None where it is no image. `file` is where
    it can be read now.
    """

    def __init__(self, order: ItemOrder, file: Path, max_pixels: int) -> None:
        self.index = order["index"]
        self.path = order["path"]
        self.side: Side = order["side"]
        self.size = order["size"]
        self.sha256 = order["sha256"]
        self.media_type = order["media_type"]
        self.width = order["width"]
        self.height = order["height"]
        self.file = file
        self._modified_ns = order["modified_ns"]
        self._max_pixels = max_pixels

    def check_unchanged(self) -> None:
        """Raises BadItem when the file is another one than the dataset was read with, OSError when it is gone."""
        found = self.file.lstat()  # a link, or a pipe that nobody writes to, was not read as this item
        is_same = stat.S_ISREG(found.st_mode) and found.st_size == self.size
        if not is_same or (self._modified_ns and found.st_mtime_ns != self._modified_ns):
            raise BadItem(CHANGED)

    def read_bytes(self) -> bytes:
        """The whole file. Raises OSError when it cannot be read."""
        file = os.open(self.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as opened:
            return opened.read()

    def open_image(self) -> Image:
        """The picture, completely decoded. Raises BadItem for what is empty, no image, cut off, or has more pixels
        than the batch allows, which its header tells before anything is decoded; OSError when it cannot be read.
        """
        if not self.size:
            raise BadItem("it is empty: 0 bytes")
        self._check_pixels(self.width or 0, self.height or 0)  # some formats take the memory when they are opened
        pillow: Any = importlib.import_module("PIL.Image")  # 50 ms, which work without images need not wait for
        pillow.MAX_IMAGE_PIXELS = None  # ours is the limit, and it names itself
        picture: Image | None = None
        try:
            pillow.preinit()
            pillow.init()  # else the formats that are not common count as unknown
            picture = pillow.open(self.file, formats=readable(pillow.OPEN))
            self._check_pixels(picture.width, picture.height)
            picture.load()
            return picture
        except Exception as error:
            if picture is not None:
                picture.close()
            if isinstance(error, pillow.UnidentifiedImageError):
                raise BadItem("it is no image, or of no format that can be read") from error
            if isinstance(error, BadItem) or _is_of_the_system(error):
                raise
            raise BadItem(f"the image cannot be decoded: {error}") from error

    def _check_pixels(self, width: int, height: int) -> None:
        pixels = width * height
        if pixels > self._max_pixels:
            allowed = f"{self._max_pixels / 1e6:,.10g}"
            raise BadItem(
                f"it has {width} × {height} pixels, which are {pixels / 1e6:,.1f} million: "
                f"{allowed} million are allowed (max_pixels)"
            )


def _is_of_the_system(error: Exception) -> bool:
    """Whether reading failed, rather than the file is broken, for which Pillow may raise anything."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None)
