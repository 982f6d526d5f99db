"""The pictures of prompts, from the packages that asked: the very ones that were shown, or none."""

from __future__ import annotations

from contextlib import suppress

from django.utils.translation import gettext as _

from control.lifecycle.packages import content_of
from control.lifecycle.refusals import NotFound
from control.models import Prompt
from sequences.package_pictures import Picture, PictureError, read_picture


def picture_of(prompt: Prompt) -> Picture:
    """The picture that a prompt shows. Raises NotFound when it has none, or its package holds another one by now."""
    described = prompt.question.get("image")
    if not described:
        raise NotFound(_("The prompt shows no picture."))
    package = content_of(prompt.batch)
    with suppress(PictureError):
        picture = read_picture(package.path, described["file"]) if package else None
        if picture is not None and picture.sha256 == described["sha256"]:
            return picture
    raise NotFound(_("This host does not have the sequence any more as this batch ran it, nor its picture."))
