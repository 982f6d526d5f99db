"""Pictures: whatever they were, PNG that holds pixels and nothing else; bombs are refused before they are decoded."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from sequences import pictures, trial
from sequences.pictures import as_png

RED = (255, 0, 0)


def encoded(kind: str, picture: Image.Image | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    (picture or Image.new("RGB", (3, 2), RED)).save(file, kind, **options)
    return file.getvalue()


def opened(png: pictures.Png) -> Image.Image:
    found = Image.open(io.BytesIO(png.content))
    assert (found.format, found.size) == ("PNG", (png.width, png.height))
    found.load()
    return found


def png_that_says(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be as large as a wall."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_every_known_format_becomes_png(kind):
    found = opened(as_png(encoded(kind)))
    red, green, blue = found.convert("RGB").getpixel((1, 1))
    assert (found.size, red > 250, green < 5, blue < 5) == ((3, 2), True, True, True)


@pytest.mark.parametrize("kind", ["TIFF", "ICO", "PPM"])
def test_other_formats_are_refused(kind):
    with pytest.raises(ValueError, match="no picture that can be read, which are: PNG, JPEG, WEBP, GIF, BMP"):
        as_png(encoded(kind))


def test_only_the_pixels_are_kept():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>")
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    png = as_png(encoded("PNG", pnginfo=info, exif=exif.tobytes(), icc_profile=b"profile"))
    assert opened(png).info == {}
    assert [word in png.content for word in (b"<script>", b"secret", b"profile")] == [False] * 3


def test_what_a_camera_turned_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(as_png(encoded("JPEG", exif=exif.tobytes()))).size == (2, 3)


def test_transparency_stays():
    picture = Image.new("P", (1, 1))
    assert opened(as_png(encoded("PNG", picture, transparency=0))).getpixel((0, 0))[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16", "F"])
def test_every_picture_of_pillow_is_taken(mode):
    assert opened(as_png(Image.new(mode, (4, 5)))).size == (4, 5)


@pytest.mark.parametrize(
    ("shape", "mode", "pixel"),
    [((2, 3), "L", 5), ((2, 3, 1), "L", 5), ((2, 3, 3), "RGB", (15, 16, 17)), ((2, 3, 4), "RGBA", (20, 21, 22, 23))],
)
def test_an_array_is_a_picture_by_its_shape(shape, mode, pixel):
    size = shape[0] * shape[1] * (shape[2] if len(shape) == 3 else 1)
    found = opened(as_png(memoryview(bytes(range(size))).cast("B", shape)))
    assert (found.mode, found.size, found.getpixel((2, 1))) == (mode, (3, 2), pixel)


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (memoryview(bytes(6)), r"\(6,\)"),
        (memoryview(bytes(12)).cast("B", (2, 3, 2)), r"\(2, 3, 2\)"),
        (memoryview(bytes(48)).cast("d", (2, 3)), r"\(2, 3\) and the format 'd'"),
    ],
)
def test_an_array_that_is_no_picture_says_its_shape(array, shape):
    with pytest.raises(ValueError, match=f"this one has the shape {shape}"):
        as_png(array)


@pytest.mark.parametrize(("width", "height"), [(5001, 5000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(width, height):
    with pytest.raises(ValueError, match=r"more than 25,000,000 pixels|no picture that can be read"):
        as_png(png_that_says(width, height))


def test_a_picture_that_is_too_large_is_refused_however_it_comes(monkeypatch):
    monkeypatch.setattr(pictures, "PIXEL_LIMIT", 5)
    for image in (Image.new("L", (3, 2)), memoryview(bytes(6)).cast("B", (2, 3)), encoded("PNG")):
        with pytest.raises(ValueError, match="3 × 2 is more than 5 pixels: make the picture smaller"):
            as_png(image)


def test_a_damaged_picture_says_so():
    with pytest.raises(ValueError, match="the picture is damaged: "):
        as_png(encoded("PNG", Image.effect_noise((64, 64), 50))[:500])
    with pytest.raises(TypeError, match="a picture is bytes, a Path, a picture of Pillow or an array, not dict"):
        as_png({})


@pytest.mark.parametrize(("name", "kept"), [("board", "board.png"), ("board.JPG", "board.png"), ("v1.2", "v1.2.png")])
def test_a_step_keeps_a_picture_under_a_name_of_its_kind(write_package, tmp_path, monkeypatch, name, kept):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(encoded("JPEG"))
    record = trial.run(write_package(f"@step\ndef look(self, run): run.attach_image('{name}', Path('photo.jpg'))"))
    (line,) = record.of_kind("attachment")
    assert (line["name"], line["media_type"], line["width"], line["height"]) == (kept, "image/png", 3, 2)
    assert opened(pictures.Png(record.attachments[kept], 3, 2)).getpixel((0, 0))[0] > 250


def test_a_picture_that_is_none_fails_the_step_with_its_name(write_package):
    record = trial.run(write_package("@step\ndef look(self, run): run.attach_image('board', b'GIF89a')"))
    assert record.steps[0]["message"].startswith("ValueError: image 'board.png': ")
