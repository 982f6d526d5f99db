"""Whether there is room for what is sent to a dataset."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from control.lifecycle.refusals import WrongState

MIB = 1024**2


def check_room(announced: int, *, there: int = 0) -> None:
    """Raises WrongState when a dataset that has `there` bytes, or the disk, would become too full by so many more."""
    if there + announced > settings.DATASET_MAX_BYTES:
        raise WrongState(dataset_full())
    check_disk(announced)


def check_disk(needed: int) -> None:
    """Raises WrongState when less than is to stay free would be left."""
    if shutil.disk_usage(settings.DATA_DIR).free - needed < settings.DATASET_SPARE_BYTES:
        raise WrongState(_no_room())


def check_temporary(needed: int) -> None:
    """A request lies in the folder for temporary files while it comes in, and until its files have been written anew
    where they belong: on one disk, twice. Raises WrongState when there is too little room.
    """
    folder = Path(tempfile.gettempdir())
    if folder.stat().st_dev == settings.DATA_DIR.stat().st_dev:
        check_disk(2 * needed)
    elif shutil.disk_usage(folder).free < needed:
        raise WrongState(
            _("The folder for temporary files (TMPDIR) has no room for these %(size)d MiB. Send several requests.")
            % {"size": needed // MIB}
        )


def dataset_full() -> str:
    return _("A dataset takes at most %(most)d MiB of uploaded files (GWANJE_DATASET_MAX_MB). Make another one.") % {
        "most": settings.DATASET_MAX_BYTES // MIB
    }


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Raises WrongState in place of the system's own errors for a disk or quota without room."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise WrongState(_no_room()) from error


def _no_room() -> str:
    return _(
        "The disk has no room: %(spare)d MiB have to stay free (GWANJE_DATASET_SPARE_MB). Delete something first."
    ) % {"spare": settings.DATASET_SPARE_BYTES // MIB}
