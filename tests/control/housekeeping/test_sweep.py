"""What a death left behind is found and rung again, and nothing is rung without need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ

from control.housekeeping.sweep import drop_delivered_tasks, sweep, wake_abandoned
from control.lifecycle.presence import Presence
from control.models import Batch
from control.states import State
from tests.rows import demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    demo_station(monkeypatch)
    yield
    for path in settings.STATION_PATHS.supervisors.glob("*"):
        path.unlink()


def forget_bells() -> None:
    OrmQ.objects.all().delete()


def test_idle_station_is_left_alone() -> None:
    assert sweep("demo") == []
    assert wake_abandoned("demo") == []


def test_waiting_batch_whose_bell_was_lost_is_rung_again() -> None:
    queued(slot="demo/slot-2")
    forget_bells()
    assert sweep("demo") == ["demo/slot-2"]
    assert OrmQ.objects.get().key == "demo.slots"


def test_work_for_any_lane_wakes_lanes() -> None:
    queued("step_loop", slot=None)
    forget_bells()
    assert sweep("demo") == ["demo/lane-1", "demo/lane-2"]


def test_running_batch_without_supervisor_is_rung() -> None:
    running()
    forget_bells()
    assert sweep("demo") == ["demo/slot-1"]


def test_running_batch_with_supervisor_is_left_alone() -> None:
    stream = running()
    with Presence(stream.batch_id, "demo/slot-1"):
        assert sweep("demo") == []


def test_bells_do_not_pile_up_while_the_cluster_is_away() -> None:
    queued()
    for _ in range(20):
        sweep("demo")
    assert OrmQ.objects.count() == 4  # as many as the station has slots and lanes


def test_abandoned_batch_is_rung_and_an_ended_one_forgotten() -> None:
    stream = running()
    forget_bells()
    sign = settings.STATION_PATHS.supervisors / str(stream.batch_id)
    sign.parent.mkdir(exist_ok=True)
    sign.write_text("demo/slot-1")
    assert wake_abandoned("demo") == ["demo/slot-1"]
    Batch.objects.update(state=State.CRASHED, ended_at=timezone.now())
    assert wake_abandoned("demo") == []
    assert not sign.exists()


def test_task_of_a_killed_worker_is_dropped_and_a_waiting_one_kept() -> None:
    queued()
    retry = timedelta(seconds=settings.Q_CLUSTER["retry"])
    OrmQ.objects.create(key="demo.slots", payload="x", lock=timezone.now() + retry - timedelta(seconds=90))
    OrmQ.objects.create(key="demo.slots", payload="y", lock=timezone.now() + retry - timedelta(seconds=5))
    assert drop_delivered_tasks() == 1
    assert OrmQ.objects.count() == 2
