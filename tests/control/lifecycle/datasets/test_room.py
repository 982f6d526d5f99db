"""Whether there is room for a request before it comes in."""

from __future__ import annotations

import tempfile
from collections import namedtuple

import pytest
from django.conf import settings

from control.lifecycle.datasets import room
from control.lifecycle.refusals import WrongState

GIB = 1024**3
OTHER_DISK = "/proc"  # of any


@pytest.fixture(autouse=True)
def three_gib_free(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _folder: usage(4 * GIB, GIB, 3 * GIB))
    monkeypatch.setattr(settings, "DATASET_SPARE_BYTES", GIB)


def test_request_needs_its_size_twice_where_it_comes_in_on_the_disk_of_the_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(settings.DATA_DIR))
    room.check_temporary(GIB)
    with pytest.raises(WrongState, match="GWANJE_DATASET_SPARE_MB"):
        room.check_temporary(GIB + 1)


def test_request_needs_its_size_once_on_a_disk_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", OTHER_DISK)
    room.check_temporary(3 * GIB)
    with pytest.raises(WrongState, match="TMPDIR"):
        room.check_temporary(3 * GIB + 1)
