"""While a station is being stopped it takes no new work, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from control.housekeeping.schedules import fire_due_schedules
from control.lifecycle.refusals import WrongState
from control.lifecycle.stopping import being_stopped
from control.models import Batch, Schedule
from tests.control.hosts import this_host_has
from tests.rows import demo_station, queued, scheduled

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    demo_station(monkeypatch)
    with this_host_has("demo/slot-1"):
        yield


@pytest.mark.parametrize(("sequence", "slot"), [("board_test", "demo/slot-1"), ("step_loop", None)])
def test_submit_is_refused_meanwhile_and_taken_afterwards(sequence: str, slot: str | None):
    with being_stopped(), pytest.raises(WrongState) as refusal:
        queued(sequence, slot)
    assert str(refusal.value) == (
        "Station 'demo' is being stopped and takes no new work. Submit it again when it has been started."
    )
    assert not Batch.objects.exists()
    assert queued(sequence, slot).state == "QUEUED"  # waits for the next start


def test_what_is_due_meanwhile_waits_for_the_next_start():
    schedule = scheduled()
    Schedule.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    with being_stopped():
        assert fire_due_schedules("demo", timezone.now()) == []
        assert (Schedule.objects.get().last_result, Batch.objects.count()) == (schedule.last_result, 0)
    assert len(fire_due_schedules("demo", timezone.now())) == 1


def test_station_of_another_host_takes_work_meanwhile():
    with this_host_has("other/slot-1"), being_stopped():
        assert queued().state == "QUEUED"
