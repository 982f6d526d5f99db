"""Bodies of multipart/form-data as they come in: part by part, so that thousands of files are never in memory.

Django's own reader takes 100 files a request and forgets the folders of their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser, DataAndFiles
from rest_framework.request import Request

from control.api.bodies import JsonBody
from control.api.face import ApiView, announced_length
from control.api.problems import ApiProblem, not_known
from control.lifecycle.datasets.room import check_room, check_temporary
from sequences.wording import quoted

MEDIA_TYPE = "multipart/form-data"
BLOCK = 256 * 1024
LONGEST_HEADER = 16 * 1024
LONGEST_FIELD = 64 * 1024
HEAD_ONLY = "gwanje.head_only"


class LeftToTheView(BaseParser):
    """Says that a body is not for parsers: who looks for its fields, such as a CSRF token, finds none."""

    media_type = MEDIA_TYPE

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return DataAndFiles(QueryDict(), MultiValueDict())


@dataclass(frozen=True)
class Part:
    """`file`: the name that it was sent with; None of a field. `blocks` is read once, before the next part."""

    name: str
    file: str | None
    blocks: Iterable[bytes]


def is_multipart(request: Request) -> bool:
    return str(request.content_type).partition(";")[0].strip().lower() == MEDIA_TYPE


class TakesFiles(ApiView):
    """A view that takes files with a POST, as many as there is room for."""

    parser_classes = (JsonBody, LeftToTheView)

    def brings_files(self, request: Request) -> bool:
        return request.method == "POST" and is_multipart(request)

    def check_length(self, request: Request) -> None:
        """What cannot be taken is refused before it comes in: `HEAD_ONLY` in the scope says that it has not yet."""
        if not self.brings_files(request):
            super().check_length(request)
            return
        check_room(announced_length(request))
        if getattr(request, "scope", {}).get(HEAD_ONLY):
            check_temporary(announced_length(request))


def read_parts(request: Request) -> Iterator[Part]:
    """The parts of a body, in their order. What is not read of a part is skipped.

    Raises ApiProblem for another kind of body, ParseError for one that is torn or no multipart.
    """
    if not is_multipart(request):
        raise ApiProblem(
            "unsupported-media-type", _("Send multipart/form-data, with the files in the field 'files', repeated.")
        )
    boundary = parse_header_parameters(request.content_type)[1].get("boundary", "")
    if not boundary or len(boundary) > 200 or not boundary.isascii():
        raise ParseError(_("The body has no boundary. Let the client write the header Content-Type by itself."))
    if request.stream is None:
        return
    reader = _Reader(request.stream, b"\r\n--" + boundary.encode())
    for _skipped in reader.until_boundary():
        pass
    while reader.begins_part():
        name, file = _described(reader.header())
        blocks = reader.until_boundary()
        yield Part(name, file, blocks)
        for _skipped in blocks:
            pass


def read_fields(parts: Iterator[Part], known: Iterable[str]) -> tuple[dict[str, str], Iterator[Part]]:
    """The fields that stand before the files of a body, and an iterator over those files.

    Raises ValidationError for other fields, also for those that come after a file.
    """
    names, fields = list(known), {}
    for part in parts:
        if part.file is not None:
            return fields, _files([part], parts)
        if part.name not in names:
            raise ValidationError({quoted(part.name): [not_known(quoted(part.name), [*names, "files"])]})
        fields[part.name] = _text(part)
    return fields, iter(())


def _files(first: Iterable[Part], others: Iterator[Part]) -> Iterator[Part]:
    count = 0
    for parts in (first, others):
        for part in parts:
            if part.file is None:
                raise ValidationError({quoted(part.name): [_("Send fields before the files.")]})
            if part.name != "files":
                raise ValidationError({quoted(part.name): [not_known(quoted(part.name), ["files"])]})
            count += 1
            if count > settings.DATASET_MAX_FILES_PER_REQUEST:
                raise ApiProblem(
                    "too-large",
                    _("A request brings at most %d files (GWANJE_DATASET_MAX_FILES_PER_REQUEST). Send several.")
                    % settings.DATASET_MAX_FILES_PER_REQUEST,
                )
            yield part


def _text(part: Part) -> str:
    content = b""
    for block in part.blocks:
        content += block
        if len(content) > LONGEST_FIELD:
            raise ValidationError({quoted(part.name): [_("It is too long.")]})
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ValidationError({quoted(part.name): [_("It is no text of UTF-8.")]}) from None


def _described(header: bytes) -> tuple[str, str | None]:
    """The name of a part, and that of its file. Bytes that are no text become U+FFFD: no file has such a name."""
    found: dict[str, str] = {}
    for line in header.decode(errors="replace").split("\r\n"):
        name, _colon, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    if found.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise ParseError(_("Send files as they are, without a Content-Transfer-Encoding."))
    try:
        described = parse_header_parameters(found.get("content-disposition", ""))[1]
    except ValueError as error:
        raise ParseError(str(error)) from error
    if "name" not in described:
        raise ParseError(_("A part of the body has no name."))
    return described["name"], described.get("filename")


class _Reader:
    """`mark` stands before every part and after the last one."""

    def __init__(self, stream: Any, mark: bytes) -> None:
        self._stream, self._mark = stream, mark
        self._buffer = b"\r\n"  # the first boundary stands at the very beginning

    def _fill(self) -> None:
        block = self._stream.read(BLOCK)
        if not block:
            raise ParseError(_("The body ends in the middle. Send it again."))
        self._buffer += block

    def until_boundary(self) -> Iterator[bytes]:
        """What stands before the next mark, in blocks; the mark itself is skipped."""
        while (at := self._buffer.find(self._mark)) < 0:
            sure = len(self._buffer) - len(self._mark) + 1
            if sure > 0:
                block, self._buffer = self._buffer[:sure], self._buffer[sure:]
                yield block
            self._fill()
        block, self._buffer = self._buffer[:at], self._buffer[at + len(self._mark) :]
        if block:
            yield block

    def begins_part(self) -> bool:
        """After a mark: whether a part follows."""
        while len(self._buffer) < 2:
            self._fill()
        if self._buffer[:2] == b"--":
            return False
        if self._buffer[:2] != b"\r\n":
            raise ParseError(_("The body is no multipart/form-data."))
        return True

    def header(self) -> bytes:
        """The lines before the content of a part."""
        while (at := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > LONGEST_HEADER:
                raise ParseError(_("A part of the body has a header of more than 16 KiB."))
            self._fill()
        header, self._buffer = self._buffer[2:at], self._buffer[at + 4 :]
        return header
