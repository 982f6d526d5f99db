"""Files that sequences have written, on their way out: nothing that a browser would run, and never whole in memory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from control.datasets.access import place_of, thumbnail_path, top_of
from control.datasets.folders import open_file
from control.lifecycle.attached_files import file_of, file_of_item
from control.lifecycle.refusals import NotFound
from control.models import Attachment, Batch, Dataset, DatasetFile, Item

BLOCK = 256 * 1024  # bytes
# Whatever a file says that it is: it runs no script and loads nothing, and no other page is of its origin.
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_CLOSED = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "X-Content-Type-Options": "nosniff"}


def download(attachment: Attachment) -> StreamingHttpResponse:
    """The content of an attachment. A browser shows a picture that the runner has encoded, and saves everything else.

    Raises NotFound when the file is not on this host.
    """
    path = file_of(attachment)
    shown = attachment.is_picture
    return _answer(
        partial(path.open, "rb"),
        path.stat().st_size,
        attachment.name,
        "image/png" if shown else attachment.media_type,
        shown=shown,
    )


def download_file_of_item(batch: Batch, item: Item, kept: Mapping[str, Any]) -> StreamingHttpResponse:
    """What a step has made from an item, as it is: a browser saves it. Raises NotFound when it is not on this host."""
    path = file_of_item(batch, item, kept)
    return _answer(partial(path.open, "rb"), path.stat().st_size, kept["name"], kept["media_type"], shown=False)


def download_file_of(dataset: Dataset, file: DatasetFile) -> HttpResponseBase:
    """A file of a dataset as it is: a browser saves it, whatever it is. Objects of a bucket are fetched from there.

    Raises NotFound when it is not on this host, gone, or a link by now.
    """
    try:
        place = place_of(dataset, file)
        if "url" in place:
            return HttpResponseRedirect(place["url"])
        top = top_of(dataset)
        size = Path(place["file"]).lstat().st_size
    except OSError as error:
        words = {"path": file.path, "problem": error.strerror or error}
        raise NotFound(_("The file '%(path)s' cannot be read: %(problem)s") % words) from error

    def opened() -> BinaryIO:
        return os.fdopen(open_file(top, file.path), "rb")

    name = file.path.rpartition("/")[2]
    return _answer(opened, size, name, file.media_type or "application/octet-stream", shown=False)


def thumbnail_of(dataset: Dataset, file: DatasetFile) -> HttpResponse:
    """A small JPEG that the reader has encoded. Raises NotFound where there is none on this host."""
    try:
        content = thumbnail_path(dataset, file.index).read_bytes() if file.thumbnail else b""
    except OSError:
        content = b""
    if not content:
        raise NotFound(_("There is no thumbnail of '%(path)s' here.") % {"path": file.path})
    return HttpResponse(content, content_type="image/jpeg", headers=_CLOSED)


def _answer(
    opened: Callable[[], BinaryIO], size: int, name: str, media_type: str, *, shown: bool
) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        _blocks(opened),
        content_type=media_type,
        headers={
            "Content-Length": str(size),
            "Content-Encoding": "identity",  # else compressed, block by block, by the thread that serves everybody
            "Content-Disposition": content_disposition_header(not shown, name) or "inline",
            **_CLOSED,
        },
    )


async def _blocks(opened: Callable[[], BinaryIO]) -> AsyncIterator[bytes]:
    """Opened only now, so that a file that nobody reads is not left open."""
    file = await asyncio.to_thread(opened)
    try:
        while block := await asyncio.to_thread(file.read, BLOCK):
            yield block
    finally:
        file.close()
