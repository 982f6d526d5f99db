"""What a supervisor finds that takes over while a step goes over items."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from control.journal.bell import Listener
from control.lifecycle.chunks.over import end_step_over_items
from control.lifecycle.doorbell import wishes_of
from control.models import Batch, Chunk, Item, Step, Stream
from control.worker.over_items import OverItems
from control.worker.spool_bell import SpoolBell
from control.worker.supervisor import Supervisor
from stations.paths import StationPaths
from tests import spool_lines as lines
from tests.control.lifecycle.chunks.work_over_items import begun_line, claimed, done_line, step_over, tried
from tests.rows import demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    demo_station(monkeypatch, lanes=3)
    settings.STATION_PATHS = StationPaths(tmp_path)
    settings.STATION_PATHS.prepare()


def running_step() -> Stream:
    batch = Batch.objects.get()
    Step.objects.update_or_create(
        batch=batch,
        index=0,
        attempt=1,
        defaults={"name": "measure", "group": "main", "state": "RUNNING", "started_at": timezone.now()},
    )
    return Stream.objects.select_related("batch").get(batch=batch)


def told(found: OverItems) -> list[str]:
    return ["chunk" if isinstance(said, Chunk) else "items-over" for said in found._feed._to_say]


def test_run_is_told_again_that_all_is_settled_when_whoever_was_to_tell_it_died():
    opened = step_over(10)
    tried(claimed(opened)[0])
    end_step_over_items(opened)
    found = OverItems.of(running_step(), lambda: None)
    assert found is not None and told(found) == ["items-over"]


def test_chunks_that_were_claimed_and_never_handed_over_are_handed_over():
    opened = step_over(30)
    claimed(opened, 2)
    found = OverItems.of(running_step(), lambda: None)
    assert found is not None and told(found) == ["chunk", "chunk"]


def test_step_that_has_ended_is_nobodys():
    opened = step_over(10)
    tried(claimed(opened)[0])
    stream = running_step()
    Step.objects.update(state="ENDED", ended_at=timezone.now())
    assert OverItems.of(stream, lambda: None) is None


class Impatient(Listener):
    """Notes how long a supervisor would have waited, and does not."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.waits: list[float] = []

    def wait(self, timeout_s: float, *others: int) -> bool:
        self.waits.append(timeout_s)
        return super().wait(0.0, *others)


def test_supervisor_that_is_behind_waits_for_nothing(settings: Any):
    opened = step_over(100, chunk_size=100)
    [chunk] = claimed(opened)
    supervisor = Supervisor(running_step())
    supervisor.follower.resynchronise()  # as one that takes over
    spool = settings.STATION_PATHS.spool(supervisor.name)
    lines.write(
        spool, [begun_line(chunk), *(done_line(chunk, index, result={"text": "x" * 8000}) for index in range(100))]
    )
    with (
        supervisor.presence,
        SpoolBell(settings.STATION_PATHS.spool_bell(supervisor.name)) as bell,
        Impatient(wishes_of(opened.batch_id)) as listener,
    ):
        while supervisor.follower.offset < spool.stat().st_size:
            supervisor.turn(listener, bell)
    assert Item.objects.count() == 100
    assert len(listener.waits) > 2 and set(listener.waits[:-1]) == {0.0}
