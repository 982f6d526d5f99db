"""What cameras write: read where it is sound, left where it is not."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import ExifTags, Image

from sequences.images.metadata import camera_of, taken_at


def written(**fields):
    exif = Image.Exif()
    if taken := fields.pop("taken", None):
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    for name, value in fields.items():
        exif[ExifTags.Base[name]] = value
    file = BytesIO()
    Image.new("RGB", (4, 4)).save(file, "JPEG", exif=exif)
    return Image.open(file)


@pytest.mark.parametrize(
    ("fields", "camera"),
    [
        ({"Make": "Canon\0\0", "Model": "Canon EOS R5 "}, "Canon EOS R5"),
        ({"Make": "NIKON", "Model": "Z 6"}, "NIKON Z 6"),
        ({"Make": "Basler"}, "Basler"),
        ({}, None),
    ],
)
def test_camera_is_named_once(fields, camera):
    assert camera_of(written(**fields)) == camera


def test_time_is_that_of_the_shot_before_that_of_the_file():
    assert taken_at(written(taken="2026:11:22 14:03:05", DateTime="2030:01:01 00:00:00")) == "2026-11-22 14:03:05"
    assert taken_at(written(DateTime="2030:01:01 00:00:00")) == "2030-01-01 00:00:00"


def test_time_that_is_none_is_left_out():
    assert (taken_at(written(taken="yesterday")), taken_at(Image.new("L", (1, 1)))) == (None, None)
