"""Who stands before whom."""

from __future__ import annotations

import pytest

from control.history.queue import batches_ahead
from control.models import Batch
from tests.rows import demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def test_first_of_a_free_slot_has_nobody_ahead() -> None:
    assert batches_ahead(queued()) == 0


def test_running_and_older_batches_of_the_same_slot_are_ahead() -> None:
    running()
    queued()
    queued(slot="demo/slot-2")
    assert batches_ahead(queued()) == 2


def test_urgent_batch_stands_before_the_others() -> None:
    queued()
    urgent = queued(priority=Batch.Priority.URGENT)
    assert batches_ahead(urgent) == 0


def test_batch_for_any_lane_waits_only_while_all_lanes_are_taken() -> None:
    running("demo/lane-1", sequence="step_loop")
    assert batches_ahead(queued("step_loop", slot=None)) == 0
    assert batches_ahead(queued("step_loop", slot=None)) == 1
