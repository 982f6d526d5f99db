"""Batches of the packages beside, in the state and with the steps that a test needs, without any process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from control.journal.append import Entry, append
from control.journal.kinds import Kind, stream_of
from control.models import Batch, Step
from control.states import LIVE, State
from sequences.contracts import PlannedStep
from stations.models import Slot
from tests.rows import demo_station, queued

PACKAGES = Path(__file__).resolve().parent.parent / "packages"
SLOT, LANE = "demo/slot-1", "demo/lane-1"


def work_station(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo station, whose catalogue also knows the packages of these tests."""
    demo_station(monkeypatch)
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [*settings.SEQUENCE_DIRS, PACKAGES])


def batch_in(state: State, sequence: str = "lane_work", outcomes: str = "", **columns: Any) -> Batch:
    """A batch in a state, with a plan and steps. `outcomes`: of its main steps from 1 on, by their first letters:

    P(ass) F(ail) E(rror) N(one, cut short) R(unning) S(kipped by request); what is left out was never begun.
    """
    on_bench = sequence != "lane_work"
    batch = queued(sequence, slot=SLOT if on_bench else None)
    ended = None if state in LIVE else timezone.now()
    slot = Slot.objects.get(pk=SLOT if on_bench else LANE) if state != State.QUEUED else batch.slot
    plan = [] if state == State.QUEUED else plan_of(resumable=not on_bench)
    known = {"state": state, "ended_at": ended, "slot": slot, "plan": plan}
    began = None if state == State.QUEUED else batch.created_at
    Batch.objects.filter(pk=batch.pk).update(**{**known, "started_at": began, **columns})
    batch.refresh_from_db()
    for index, letter in enumerate(outcomes, 1):
        add_step(batch, index, letter)
    return batch


def plan_of(*, resumable: bool) -> list[PlannedStep]:
    """That of the two packages: of `bench_work`, only the last step is a resumable point."""
    return [
        PlannedStep(index=0, name="prepare", group="setup", repeat=1, resumable=False),
        PlannedStep(index=1, name="first", group="main", repeat=1, resumable=resumable),
        PlannedStep(index=2, name="middle", group="main", repeat=3, resumable=resumable),
        PlannedStep(index=5, name="last", group="main", repeat=1, resumable=True),
        PlannedStep(index=6, name="clear", group="teardown", repeat=1, resumable=False),
    ]


def add_step(batch: Batch, index: int, letter: str) -> None:
    outcomes = {"P": "PASS", "F": "FAIL", "E": "ERROR", "N": "NONE", "R": "NONE", "S": "SKIPPED"}
    planned = next(p for p in batch.plan if p["index"] <= index < p["index"] + p["repeat"])
    Step.objects.create(
        batch=batch,
        index=index,
        name=planned["name"],
        group=planned["group"],
        state="RUNNING" if letter == "R" else "ENDED",
        outcome=outcomes[letter],
        message="skipped by request: no need" if letter == "S" else "",
    )


def save(batch: Batch, step: int, **values: Any) -> None:
    """What `run.save` comes to."""
    for name, value in values.items():
        data = {"attempt": 1, "name": name, "value": value}
        append(stream_of(batch.pk), [Entry(Kind.SAVED, step=step, data=data)])
    batch.saved |= values
    Batch.objects.filter(pk=batch.pk).update(saved=batch.saved)
