"""Files that steps attach: checked, written under the name of their content, then told of in the story.

Whoever dies between the last two leaves a file that nobody refers to; it goes with the batch's folder.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import math
import mimetypes
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from uuid_utils.compat import uuid7

from sequences.interrupts import DiskFull, LimitExceeded, exceed, interruptible
from sequences.recorder import Recorder
from sequences.wording import quoted

MIB = 1024**2
FILE_LIMIT_MB = 20
RUN_LIMIT_MB = 256.0  # of all files of a run, unless manifest or station say otherwise
NAME_LIMIT = 100  # characters
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,40}/[a-z0-9][a-z0-9!#$&^_.+-]{0,50}", re.IGNORECASE)
_PICTURE_ENDING = re.compile(r"\.(png|jpe?g|webp|gif|bmp)$", re.IGNORECASE)


class AttachmentFolder:
    """Where the files of one run lie, each named by the sha256 of its content: the same content lies there once."""

    def __init__(self, folder: Path, limit_mb: float = RUN_LIMIT_MB) -> None:
        self._folder = folder
        self._limit_mb = limit_mb
        self._kept: set[str] = set()
        self._bytes = 0

    def keep(self, content: bytes) -> str:
        """Write a file, whole or not at all; its name. Raises LimitExceeded, or OSError without a file to open."""
        name = hashlib.sha256(content).hexdigest()
        if name not in self._kept:
            used_mb = (self._bytes + len(content)) / MIB
            if used_mb > self._limit_mb:
                used = f"{math.ceil(used_mb * 10) / 10:,.10g}"  # up: what is too much never looks as if it were not
                raise LimitExceeded(f"attachments: {used} MiB used, {self._limit_mb:,.10g} MiB allowed")
            self._write(name, content)
            self._kept.add(name)
            self._bytes += len(content)
        return name

    def _write(self, name: str, content: bytes) -> None:
        draft = self._folder / f".{name}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(self._folder / name)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            if error.errno == errno.EMFILE:  # a limit of its own, which the engine names
                raise
            raise DiskFull(f"{error.strerror}: the disk takes no more of what this run attaches") from error


class Attachments:
    """What the steps of a run attach. Names count once in each attempt."""

    def __init__(self, recorder: Recorder, folder: AttachmentFolder) -> None:
        self._recorder = recorder
        self._folder = folder
        self._names: set[tuple[int, int, str]] = set()

    def attach(self, name: str, content: bytes | str | Path, media_type: str) -> None:
        """Raises ValueError or TypeError for what cannot be kept, LimitExceeded once the run has attached too much."""
        self._recorder.check_recording()
        check_name(name)
        check_media_type(media_type)
        guessed = mimetypes.guess_type(name)[0] or ("text/plain" if isinstance(content, str) else "")
        whole = interruptible(_content_of, name, content)
        self._keep(name, whole, media_type or guessed or "application/octet-stream")

    def attach_image(self, name: str, image: Any) -> None:
        """Likewise, as PNG: the name gets this ending."""
        self._recorder.check_recording()
        check_name(name)
        name = f"{_PICTURE_ENDING.sub('', name)}.png"
        if isinstance(image, Path):
            image = interruptible(_content_of, name, image)
        # Pillow takes 50 ms to import, and most runs attach no picture.
        pictures = importlib.import_module("sequences.pictures")
        try:
            png = interruptible(pictures.as_png, image)
        except TypeError as error:
            raise TypeError(f"image '{name}': {error}") from error
        except ValueError as error:
            raise ValueError(f"image '{name}': {error}") from error
        _check_size(name, len(png.content))
        self._keep(name, png.content, "image/png", png.width, png.height)

    def _keep(
        self, name: str, content: bytes, media_type: str, width: int | None = None, height: int | None = None
    ) -> None:
        place = (self._recorder.step, self._recorder.attempt, name)
        if place in self._names:
            raise ValueError(f"attachment '{name}' is already kept in this attempt: give each its own name")
        try:
            sha256 = self._folder.keep(content)
        except LimitExceeded as limit:
            exceed(limit)
            self._recorder.log(f"'{name}' is not kept: {limit}", "WARNING")  # in a teardown, which goes on
            return
        self._names.add(place)
        self._recorder.emit(
            "attachment",
            step=self._recorder.step,
            attempt=self._recorder.attempt,
            id=str(uuid7()),
            name=name,
            media_type=media_type,
            size=len(content),
            sha256=sha256,
            width=width,
            height=height,
            message=name,
        )


def check_name(name: object) -> None:
    """Raises ValueError for what cannot be the name of a file that somebody saves from a page."""
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LIMIT:
        raise ValueError(f"an attachment has a name of 1 to {NAME_LIMIT} characters, not {quoted(str(name))}")
    if not name.isprintable() or "/" in name or "\\" in name or name.startswith(".") or name != name.strip():
        raise ValueError(
            f"an attachment is named like a file, without folders and invisible characters, not {quoted(name)}"
        )


def check_media_type(media_type: str) -> None:
    """Raises ValueError for what is none; empty means that the name tells."""
    if media_type and not _MEDIA_TYPE.fullmatch(media_type):
        raise ValueError(f"a media type looks like 'text/csv', not like {quoted(media_type)}")


def _content_of(name: str, content: object) -> bytes:
    if isinstance(content, str):
        whole = content.encode()
    elif isinstance(content, bytes | bytearray):
        whole = bytes(content)
    elif isinstance(content, Path):
        whole = _read(content)
    else:
        raise TypeError(f"an attachment is bytes, a text or the Path of a file, not {type(content).__name__}")
    _check_size(name, len(whole))
    return whole


def _read(path: Path) -> bytes:
    """A file, or the beginning of one that is too large."""
    if not path.is_file():  # to read from a pipe could take for ever
        raise ValueError(f"there is no file {path} (in {Path.cwd()})")
    with path.open("rb") as file:
        return file.read(FILE_LIMIT_MB * MIB + 1)


def _check_size(name: str, size: int) -> None:
    if size > FILE_LIMIT_MB * MIB:
        raise ValueError(f"attachment '{name}' is larger than {FILE_LIMIT_MB} MiB: attach less, or log where it lies")
