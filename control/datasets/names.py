"""Which paths a file of a dataset may have: one sentence says what is wrong with any other."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from control.datasets import problems

LONGEST_PATH = 1000  # characters, and bytes of UTF-8
LONGEST_PART = 255  # bytes of UTF-8, what file systems take
UNREADABLE = "\ufffd"  # stands for bytes that were no text
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class WrongPath(ValueError):
    """No file of a dataset has such a path."""


def check_path(path: str) -> str:
    """Return the path, relative and with "/". Raises WrongPath."""
    if not path:
        raise WrongPath(_(problems.NO_NAME))
    if path.startswith(("/", "\\")) or _DRIVE.match(path):
        raise WrongPath(_(problems.ABSOLUTE))
    parts = path.split("/")
    if ".." in parts:
        raise WrongPath(_(problems.LEADS_OUT))
    if "" in parts or "." in parts:
        raise WrongPath(_(problems.EMPTY_PART))
    if any(unicodedata.category(letter) in ("Cc", "Cs") or letter == UNREADABLE for letter in path):
        raise WrongPath(_(problems.NO_CHARACTER))
    if len(path.encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST_PART for part in parts):
        raise WrongPath(_(problems.TOO_LONG) % {"part": LONGEST_PART, "whole": LONGEST_PATH})
    return path
