"""The pictures of prompts, from the packages that asked: the very ones that were shown, or none."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _

from control.lifecycle.refusals import NotFound
from control.models import Prompt
from sequences.package_pictures import Picture, PictureError, read_picture


def picture_of(prompt: Prompt) -> Picture:
    """The picture that a prompt shows. Raises NotFound when it has none, or its package holds another one by now."""
    described = prompt.question.get("image")
    if not described:
        raise NotFound(_("The prompt shows no picture."))
    try:
        picture = read_picture(Path(prompt.batch.package), described["file"])
    except PictureError:
        picture = None
    if picture is None or picture.sha256 != described["sha256"]:
        raise NotFound(_("The sequence was changed after it asked: its picture is not the same any more."))
    return picture
