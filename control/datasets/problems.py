"""What can be wrong with a dataset or its files: rows hold it in English, readers are told it in their language."""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop

EMPTY = gettext_noop("It is empty.")
NO_IMAGE = gettext_noop("Its name says %(named)s, but its content is no image that can be read.")
TOO_MANY_PIXELS = gettext_noop("It has %(width)s × %(height)s pixels; at most %(most)s are decoded.")
TOO_SLOW = gettext_noop("Decoding it takes longer than %(seconds)s seconds.")
ENDED_PROCESS = gettext_noop("Decoding it ended the process: %(how)s.")
BROKEN = gettext_noop("It cannot be decoded: %(problem)s")
UNREADABLE = gettext_noop("It cannot be read: %(problem)s")
NO_FILE = gettext_noop("It is no regular file.")
LINK = gettext_noop("It is a symbolic link, and these are not followed.")
NO_TEXT = gettext_noop("Its name is too long or no text. Rename it.")
FOLDER_UNREADABLE = gettext_noop("This folder cannot be read: %(problem)s")
# Names
NO_NAME = gettext_noop("It has no name.")
ABSOLUTE = gettext_noop("Its name is an absolute path. Send one that is relative to the dataset.")
LEADS_OUT = gettext_noop("Its name leads out of the dataset with '..'.")
EMPTY_PART = gettext_noop("Its name has an empty part or '.' between two slashes.")
NO_CHARACTER = gettext_noop("Its name holds a character that no name has, such as a line break, or is no text.")
TOO_LONG = gettext_noop("Its name is too long: at most %(part)s bytes between two slashes, %(whole)s in all.")
# Of a whole dataset
NO_FILES = gettext_noop("There are no files in it.")
ELSEWHERE = gettext_noop("It lies on the host of station %(station)s, %(host)s.")
NOT_ALLOWED = gettext_noop("%(folder)s is not below a folder of GWANJE_DATASET_ROOTS.")
LEADS_ELSEWHERE = gettext_noop("%(folder)s leads elsewhere by now, over a symbolic link.")
READER_DIED = gettext_noop("Its reader died %(times)s times, at last so: %(why)s")

OF_DATASETS = (NO_FILES, ELSEWHERE, NOT_ALLOWED, LEADS_ELSEWHERE, READER_DIED)
_STORED = (
    EMPTY,
    NO_IMAGE,
    TOO_MANY_PIXELS,
    TOO_SLOW,
    ENDED_PROCESS,
    BROKEN,
    UNREADABLE,
    FOLDER_UNREADABLE,
    TOO_LONG,
    *OF_DATASETS,
)
_PLACE = re.compile(r"%\((\w+)\)s")


def told_problem(problem: str) -> str:
    """A stored sentence in the language of whoever reads it; what is none of ours stays as it is."""
    for pattern, stored in _patterns():
        if found := pattern.fullmatch(problem):
            return gettext(stored) % found.groupdict()
    return gettext(problem) if problem else ""


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(_expression(stored), re.DOTALL), stored) for stored in _STORED]


def _expression(stored: str) -> str:
    parts = _PLACE.split(stored)
    return "".join(f"(?P<{part}>.*?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
