"""Validates, normalises and describes every image of a dataset, and reports formats, sizes, failures and duplicates."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from sequences.authoring import BadItem, Item, ItemRun, Run, sequence, step
from sequences.images.alike import difference_hash
from sequences.images.metadata import camera_of, taken_at
from sequences.images.overview import add_duplicates, begun, why_nothing
from sequences.images.pixels import as_rgb, pixel_hash, reduced, upright_size
from sequences.images.results import fit
from sequences.images.table import folders_of, gather, shares, sizes_of

THUMBNAIL_SIDE = 160  # pixels
NEAR_BITS = 4  # of 64
QUALITY = 90  # of kept JPEG
TEXTS = ("format", "mode", "camera", "pixels", "hash")
COUNTS = ("images", "failed", "duplicates")


@sequence
class ImageBatch:
    @step(items=True)
    def prepare(self, run: ItemRun, item: Item) -> dict[str, Any]:
        asked = run.parameters
        run.stage("validate")
        picture = item.open_image()
        width, height = upright_size(picture)
        if min(width, height) < asked.smallest_side:
            raise BadItem(f"too small: {width} × {height} pixels, each side must have {asked.smallest_side}")
        run.stage("normalise")
        whole = as_rgb(picture)
        normal = reduced(whole, asked.longest_side)
        if asked.keep_images:
            ending = "png" if asked.file_format == "png" else "jpg"
            run.keep(f"image.{ending}", encoded(normal, asked.file_format))
        run.stage("thumbnail")
        if asked.keep_thumbnails:
            run.keep("thumbnail.jpg", encoded(reduced(normal, THUMBNAIL_SIDE), "jpeg"))
        run.stage("metadata")
        facts = {"format": picture.format or "", "mode": picture.mode, "width": width, "height": height}
        written = {"taken": taken_at(picture), "camera": camera_of(picture)}
        run.stage("content hash")
        hashes = {"pixels": pixel_hash(whole), "hash": difference_hash(normal) if asked.find_alike else None}
        return {**facts, **written, **hashes, "new_width": normal.width, "new_height": normal.height}

    @step
    def report(self, run: Run) -> None:
        table = gather(run.items("prepare"), ("width", "height"), TEXTS, pause=run.boundary)
        run.result = result = begun("images", table)
        if not len(table):
            run.fail(why_nothing(table))
        result["formats"], result["modes"] = shares(table.texts["format"]), shares(table.texts["mode"])
        result["sizes"], result["folders"] = sizes_of(table), folders_of(table.paths)
        result["cameras"] = shares(table.texts["camera"])
        add_duplicates(result, table, NEAR_BITS if run.parameters.find_alike else None)
        run.result = fit(result)
        for name in COUNTS:
            run.measure(name, run.result["summary"][name])


def encoded(picture: Image.Image, file_format: str) -> bytes:
    """Pixels alone: nothing that a camera or a program wrote beside them."""
    file = BytesIO()
    clean = picture.copy()
    clean.info = {}
    clean.save(file, file_format.upper(), **({"quality": QUALITY} if file_format == "jpeg" else {}))
    return file.getvalue()
