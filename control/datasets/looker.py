"""What a file is by its content. Images are decoded in a process of their own, which is replaced when one ends it."""

from __future__ import annotations

import json
import mimetypes
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.conf import settings

from control.datasets import problems
from control.datasets.looking import LONGEST_MESSAGE

HEAD = 512  # bytes that tell what a file is
TIMEOUT_S = 20.0  # for one image
# How files begin.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\1\0", "image/x-icon"),
    (b"%PDF-", "application/pdf"),
    (b"PK\3\4", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x93NUMPY", "application/x-npy"),
    (b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
)
_OTHER = "application/octet-stream"
DRAWINGS = ("image/svg+xml",)  # named images, but text


@dataclass(frozen=True)
class Seen:
    """What a file is. `problem`: why nobody can use it as what its name says."""

    media_type: str
    width: int | None = None
    height: int | None = None
    thumbnail: bool = False
    problem: str = ""


class Looker:
    """Looks at one file after the other. Use as a context manager."""

    def __init__(self) -> None:
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end_child()

    def look(self, path: str, head: bytes, handle: int, thumbnail: Path) -> Seen:
        """Tell what an open file is by its first bytes, and write the thumbnail of an image. Never raises for content.

        Raises OSError when the thumbnail cannot be written.
        """
        named, begins = (mimetypes.guess_type(path)[0] or "").lower(), _signature(head)
        if not head:
            return Seen("", problem=problems.EMPTY)
        if not begins.startswith("image/") and (not named.startswith("image/") or named in DRAWINGS):
            return Seen(begins)
        seen = self._look_at_image(handle, thumbnail, named, begins)
        return seen if seen.media_type else replace(seen, media_type="text/plain" if _is_text(head) else _OTHER)

    def _look_at_image(self, handle: int, thumbnail: Path, named: str, begins: str) -> Seen:
        draft = thumbnail.with_suffix(".draft")
        target = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            found = self._ask(handle, target)
        except _Lost as lost:
            found = {"media_type": begins, "problem": str(lost)}
        finally:
            os.close(target)
        drawn = bool(found.get("thumbnail"))
        if drawn:
            draft.replace(thumbnail)
        else:
            draft.unlink(missing_ok=True)
        size = found.get("width"), found.get("height")
        return Seen(found["media_type"], *size, thumbnail=drawn, problem=_problem(found, named, begins))

    def _ask(self, handle: int, target: int) -> dict[str, Any]:
        if self._child is None:
            self._child = _Child()
        try:
            return self._child.ask(handle, target)
        except _Lost:
            self._end_child()
            raise

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Lost(Exception):
    """The process has ended over an image, or takes too long. The sentence says so."""


class _Child:
    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "control.datasets.looking", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._line.settimeout(TIMEOUT_S)

    def ask(self, handle: int, target: int) -> dict[str, Any]:
        """Raises _Lost."""
        message = json.dumps({"max_pixels": settings.DATASET_MAX_PIXELS}).encode()
        answer = b""
        try:
            socket.send_fds(self._line, [message], [handle, target])
            answer = self._line.recv(LONGEST_MESSAGE)
        except TimeoutError:
            raise _Lost(problems.TOO_SLOW % {"seconds": f"{TIMEOUT_S:.0f}"}) from None
        except OSError:
            pass  # it has ended
        if not answer:
            raise _Lost(problems.ENDED_PROCESS % {"how": self._how_it_ended()})
        found: dict[str, Any] = json.loads(answer)
        return found

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return "?"
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def end(self) -> None:
        self._line.close()
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()


def _problem(found: dict[str, Any], named: str, begins: str) -> str:
    problem: str = found["problem"]
    if problem == "pixels":
        words = {"width": found["width"], "height": found["height"], "most": f"{settings.DATASET_MAX_PIXELS:,}"}
        return problems.TOO_MANY_PIXELS % words
    if problem and "media_type" in found and not found["media_type"] and not begins.startswith("image/"):
        problem = ""  # what a decoder says of something else
    if problem:
        return problem if problem.endswith(".") else problems.BROKEN % {"problem": problem}
    if not found["media_type"] and named.startswith("image/"):
        return problems.NO_IMAGE % {"named": named}
    return ""


def _signature(head: bytes) -> str:
    """The media type by the first bytes."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in b" \t\r\n#":
        return "image/x-portable-anymap"
    for begins, media_type in _SIGNATURES:
        if head.startswith(begins):
            return media_type
    return "text/plain" if _is_text(head) else _OTHER


def _is_text(head: bytes) -> bool:
    """Whether it reads as UTF-8; a letter may be cut at the end."""
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start >= len(head) - 3
    return True
