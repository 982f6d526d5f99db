"""Sheets of thumbnails with a title, as pictures to attach."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

COLUMNS, ROWS = 8, 4
CELL, GAP, HEAD = 104, 8, 44  # pixels
GROUND, INK, FAINT, EMPTY = "#ffffff", "#1f2933", "#616e7c", "#e4e7eb"


def sheet(title: str, remark: str, thumbnails: Sequence[Path | None]) -> Image.Image:
    """Up to COLUMNS × ROWS thumbnails. One that is not there, or cannot be read, is a grey field."""
    shown = thumbnails[: COLUMNS * ROWS]
    rows = max(1, -(-len(shown) // COLUMNS))
    width, height = GAP + COLUMNS * (CELL + GAP), HEAD + rows * (CELL + GAP)
    picture = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(picture)
    draw.text((GAP, 10), title, INK, font(18))
    draw.text((width - GAP, 14), remark, FAINT, font(14), anchor="ra")
    for place, file in enumerate(shown):
        row, column = divmod(place, COLUMNS)
        corner = (GAP + column * (CELL + GAP), HEAD + row * (CELL + GAP))
        picture.paste(_small(file), corner)
    return picture


def _small(file: Path | None) -> Image.Image:
    """A thumbnail as a whole in the middle of its cell."""
    cell = Image.new("RGB", (CELL, CELL), EMPTY)
    if file is None:
        return cell
    try:
        with Image.open(file) as opened:
            small = ImageOps.contain(opened.convert("RGB"), (CELL, CELL), Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, ValueError):  # the dataset is gone, or its thumbnail was pruned
        return cell
    cell.paste(small, ((CELL - small.width) // 2, (CELL - small.height) // 2))
    return cell


def font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """The font that Pillow brings along: for English, which is what attached pictures say."""
    return ImageFont.load_default(size)
