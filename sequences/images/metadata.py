"""What a camera wrote into a picture: when it was taken and by which camera. Places are left alone."""

from __future__ import annotations

from contextlib import suppress

from PIL import ExifTags, Image

TEXT_LIMIT = 80  # characters


def taken_at(picture: Image.Image) -> str | None:
    """`2026-11-22 14:03:05` in the camera's own time, None where it does not say."""
    with suppress(Exception):  # Exif is written by many programs, and broken by some
        details = picture.getexif().get_ifd(ExifTags.IFD.Exif)
        text = _clean(details.get(ExifTags.Base.DateTimeOriginal) or picture.getexif().get(ExifTags.Base.DateTime))
        if text and len(text) == 19:
            return text[:10].replace(":", "-") + text[10:]
    return None


def camera_of(picture: Image.Image) -> str | None:
    """Maker and model, None where they are not there."""
    with suppress(Exception):
        written = picture.getexif()
        maker, model = _clean(written.get(ExifTags.Base.Make)), _clean(written.get(ExifTags.Base.Model))
        return model if model.startswith(maker) and model else f"{maker} {model}".strip() or None
    return None


def _clean(value: object) -> str:
    """What cameras fill up with zeros and spaces, as a text for people."""
    return "".join(letter for letter in str(value or "") if letter.isprintable()).strip()[:TEXT_LIMIT]
