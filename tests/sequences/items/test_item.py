"""What a step over items has in its hands: a file that was checked, and its picture or the reason why it is none."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sequences.items.item import CHANGED, BadItem, Item
from tests.sequences.items.orders import item_order

MAX_PIXELS = 1_000_000
NO_IMAGE = "it is no image, or of no format that can be read"


def item_of(file: Path, **others: Any) -> Item:
    return Item(item_order(file, **others), file, MAX_PIXELS)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "picture.png"
    Image.frombytes("RGB", (64, 48), random.Random(7).randbytes(64 * 48 * 3)).save(file)
    return file


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and nothing of what it shows."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    begun = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return begun + struct.pack(">I", 1000) + b"IDAT"


def test_item_tells_what_the_reader_found(picture: Path):
    item = item_of(picture, index=7, side="target_dataset", media_type="image/png", width=64, height=48)
    told = (item.index, item.path, item.side, item.size, item.media_type, item.width, item.height)
    assert told == (7, "picture.png", "target_dataset", picture.stat().st_size, "image/png", 64, 48)
    assert item.read_bytes() == picture.read_bytes()


def test_picture_is_decoded(picture: Path):
    found = item_of(picture).open_image()
    assert (found.size, found.mode, found.format) == ((64, 48), "RGB", "PNG")
    assert found.tobytes() == Image.open(picture).tobytes()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty: 0 bytes"),
        (b"no picture, whatever its name says\n" * 100, NO_IMAGE),
        (b"\x00" * 4096, NO_IMAGE),
        (
            png_header(1001, 1000),
            "it has 1001 × 1000 pixels, which are 1.0 million: 1 million are allowed (max_pixels)",
        ),
        (
            png_header(100_000, 100_000),
            "it has 100000 × 100000 pixels, which are 10,000.0 million: 1 million are allowed (max_pixels)",
        ),
    ],
)
def test_what_is_no_picture_is_bad(tmp_path: Path, content: bytes, reason: str):
    (tmp_path / "item.jpg").write_bytes(content)
    with pytest.raises(BadItem) as bad:
        item_of(tmp_path / "item.jpg").open_image()
    assert str(bad.value) == reason


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA", "ICO", "QOI"])
def test_broken_picture_is_bad_and_nothing_else(tmp_path: Path, picture: Path, kind: str):
    whole = io.BytesIO()
    Image.open(picture).save(whole, kind)
    file, chance = tmp_path / f"broken.{kind.lower()}", random.Random(kind)
    bad = 0
    for _ in range(60):
        content = bytearray(whole.getvalue()[: chance.randrange(1, len(whole.getvalue()))])
        content[chance.randrange(len(content))] = chance.choice([0, 255, chance.randrange(256)])
        file.write_bytes(content)
        try:
            item_of(file).open_image()
        except BadItem as reason:
            bad += 1
            assert str(reason).startswith((NO_IMAGE, "the image cannot be decoded: ", "it has "))
    assert bad > 30


def test_what_cannot_be_read_is_not_bad(picture: Path):
    item = item_of(picture)
    picture.unlink()
    for read in (item.open_image, item.read_bytes, item.check_unchanged):
        with pytest.raises(FileNotFoundError):
            read()


def test_unchanged_file_is_taken(picture: Path):
    for known in (item_of(picture), item_of(picture, modified_ns=0)):
        assert known.check_unchanged() is None


def test_changed_file_is_bad(picture: Path, tmp_path: Path):
    longer, later = item_of(picture, size=5), item_of(picture, modified_ns=5)
    linked = item_of(picture, modified_ns=0)
    picture.rename(tmp_path / "other.png")
    for item in (longer, later):
        (tmp_path / "picture.png").write_bytes((tmp_path / "other.png").read_bytes())
        with pytest.raises(BadItem, match=CHANGED):
            item.check_unchanged()
    picture.unlink()
    picture.symlink_to(tmp_path / "other.png")
    with pytest.raises(BadItem, match=CHANGED):
        linked.check_unchanged()
    with pytest.raises(OSError, match="symbolic links"):
        linked.read_bytes()
