"""Latch files and rows are brought together, and no latch is lifted without a record."""

from __future__ import annotations

import pytest
from django.conf import settings

from control.housekeeping.guards import reconcile_latches
from control.lifecycle.safety.emergency import new_latch, record_emergency_stop, record_reset
from control.models import Batch, ControlEvent
from control.states import State
from stations.contracts import Latch
from stations.models import Slot
from stations.safety.latch import latch_slot, read_latch
from tests.rows import ANNA, queued

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("station_with_files")]

SLOT = "demo/slot-1"


def file_latch() -> Latch | None:
    return read_latch(settings.STATION_PATHS, SLOT)


def row_latch() -> Latch | None:
    return Slot.objects.get(pk=SLOT).latch


def test_press_without_a_database_is_recorded_when_it_is_back() -> None:
    batch, latch = queued(), new_latch(SLOT, by=ANNA, reason="smoke")
    latch_slot(settings.STATION_PATHS, SLOT, latch)
    reconcile_latches("demo")
    reconcile_latches("demo")
    event = ControlEvent.objects.get(kind="EMERGENCY_STOP")
    assert (str(event.pk), event.reason, row_latch()) == (latch["id"], "smoke", latch)
    assert Batch.objects.get(pk=batch.pk).state == State.ABORTED


def test_press_on_another_host_reaches_the_latch_file() -> None:
    latch = new_latch("demo", by=ANNA)
    record_emergency_stop(latch, delivered=False)
    reconcile_latches("demo")
    assert file_latch() == latch
    assert ControlEvent.objects.get().delivered_at is not None


def test_reset_on_another_host_lifts_the_latch_file() -> None:
    latch = new_latch(SLOT, by=ANNA)
    latch_slot(settings.STATION_PATHS, SLOT, latch)
    record_emergency_stop(latch, delivered=True)
    record_reset(SLOT, by=ANNA, reason="all good")
    reconcile_latches("demo")
    assert (file_latch(), row_latch()) == (None, None)


def test_row_that_lost_its_latch_never_lifts_the_file() -> None:
    latch = new_latch(SLOT, by=ANNA)
    latch_slot(settings.STATION_PATHS, SLOT, latch)
    record_emergency_stop(latch, delivered=True)
    Slot.objects.update(latch=None)  # a restored backup, an error
    reconcile_latches("demo")
    assert file_latch() == row_latch() == latch


def test_unreadable_latch_file_latches_too() -> None:
    settings.STATION_PATHS.slot(SLOT).latch.write_text("{")
    for _ in range(2):
        reconcile_latches("demo")
    held = row_latch()
    assert held is not None and "cannot be read" in held["reason"]
    settings.STATION_PATHS.slot(SLOT).latch.unlink()
    reconcile_latches("demo")
    assert (file_latch(), row_latch()) == (None, None)
