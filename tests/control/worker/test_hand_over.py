"""A claimed batch and its guard, and what happens when there is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings

from control.worker import hand_over
from control.worker.hand_over import HandOver, job_of, takes_work
from stations.contracts import GuardStatus
from tests.rows import demo_station, running


def status(**changed: Any) -> GuardStatus:
    calm = {"run": None, "safe": True, "latch": None, "unsafe": None, "closing": False}
    return GuardStatus(**{**calm, **changed})  # type: ignore[typeddict-item]


def test_idle_guard_takes_work() -> None:
    assert takes_work(status()) and takes_work(status(safe=None))


@pytest.mark.parametrize(
    "changed", [{"run": "x"}, {"safe": False}, {"latch": {"id": "x"}}, {"unsafe": {"since": 1.0}}, {"closing": True}]
)
def test_guard_that_would_not_begin_takes_no_work(changed: dict[str, Any]) -> None:
    assert not takes_work(status(**changed))


def test_missing_guard_takes_no_work() -> None:
    assert not takes_work(None)


@pytest.mark.django_db
def test_batch_without_any_guard_gets_its_end_written(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    settings.STATION_PATHS.prepare()
    monkeypatch.setattr(hand_over, "GIVE_UP_AFTER_S", 0.0)
    batch = running().batch
    HandOver(batch.slot_id, job_of(batch)).ask()
    line = json.loads(settings.STATION_PATHS.spool(str(batch.pk)).read_text())
    assert (line["k"], line["why"]) == ("batch.ended", "lost")
    assert line["message"].startswith("The guard of demo/slot-1 did not take the run")
