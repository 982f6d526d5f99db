"""Which paths a file of a dataset may have: one sentence says what is wrong with any other."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

LONGEST_PATH = 1000  # characters, and bytes of UTF-8
LONGEST_PART = 255  # bytes of UTF-8, what file systems take
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class WrongPath(ValueError):
    """No file of a dataset has such a path."""


def check_path(path: str) -> str:
    """Return the path, relative and with "/". Raises WrongPath."""
    if not path:
        raise WrongPath(_("It has no name."))
    if path.startswith(("/", "\\")) or _DRIVE.match(path):
        raise WrongPath(_("Its name is an absolute path. Send one that is relative to the dataset."))
    parts = path.split("/")
    if ".." in parts:
        raise WrongPath(_("Its name leads out of the dataset with '..'."))
    if "" in parts or "." in parts:
        raise WrongPath(_("Its name has an empty part or '.' between two slashes."))
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in path):
        raise WrongPath(_("Its name holds a character that no name has, such as a line break or U+0000."))
    if len(path.encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST_PART for part in parts):
        raise WrongPath(
            _("Its name is too long: at most %(part)d bytes between two slashes, %(whole)d in all.")
            % {"part": LONGEST_PART, "whole": LONGEST_PATH}
        )
    return path
