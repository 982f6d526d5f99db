"""Files that sequences have written, on their way out: nothing that a browser would run, and never whole in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from control.lifecycle.attached_files import file_of
from control.models import Attachment

BLOCK = 256 * 1024  # bytes
# Whatever a file says that it is: it runs no script and loads nothing, and no other page is of its origin.
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def download(attachment: Attachment) -> StreamingHttpResponse:
    """The content of an attachment. A browser shows a picture that the runner has encoded, and saves everything else.

    Raises NotFound when the file is not on this host.
    """
    path = file_of(attachment)
    shown = attachment.is_picture
    return StreamingHttpResponse(
        _blocks(path),
        content_type="image/png" if shown else attachment.media_type,
        headers={
            "Content-Length": str(path.stat().st_size),
            "Content-Encoding": "identity",  # else compressed, block by block, by the thread that serves everybody
            "Content-Disposition": content_disposition_header(not shown, attachment.name) or "inline",
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    """Opened only now, so that a file that nobody reads is not left open."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while block := await asyncio.to_thread(file.read, BLOCK):
            yield block
    finally:
        file.close()
