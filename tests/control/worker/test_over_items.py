"""What a supervisor finds that takes over while a step goes over items."""

from __future__ import annotations

import pytest
from django.utils import timezone

from control.lifecycle.chunks.over import end_step_over_items
from control.models import Batch, Chunk, Step, Stream
from control.worker.over_items import OverItems
from tests.control.lifecycle.chunks.work_over_items import claimed, step_over, tried
from tests.rows import demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch, lanes=3)


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
