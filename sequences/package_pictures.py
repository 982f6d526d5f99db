"""Pictures that a prompt shows: files of the package, known by their first bytes and never by their name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

LARGEST = 2 * 1024 * 1024  # bytes

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


class PictureError(ValueError):
    """There is no such picture, or it is none. The message names it and says why."""


@dataclass(frozen=True)
class Picture:
    content: bytes
    type: str  # "image/png", "image/jpeg", "image/webp" or "image/gif"
    sha256: str


def read_picture(folder: Path, name: str) -> Picture:
    """The picture that a package holds under a relative path. Raises PictureError.

    What lies outside the folder is never read, wherever a link or `..` leads.
    """
    file = _inside(folder, name)
    if file is None:
        raise PictureError(f"picture '{name}' is no file of the package")
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise PictureError(f"picture '{name}' cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise PictureError(f"picture '{name}' is larger than {LARGEST // 1024**2} MiB")
    found = type_of(content)
    if not found:
        raise PictureError(f"picture '{name}' is no PNG, JPEG, WebP or GIF")
    return Picture(content, found, hashlib.sha256(content).hexdigest())


def _inside(folder: Path, name: str) -> Path | None:
    try:
        root = folder.resolve()
        file = (root / name).resolve()
    except (OSError, ValueError, RuntimeError):  # no name of a file, a link that leads to itself
        return None
    return file if file.is_relative_to(root) and file.is_file() else None


def type_of(content: bytes) -> str:
    """The media type of a picture by its first bytes; empty for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), "")
