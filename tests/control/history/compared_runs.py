"""Rows of runs for comparisons: a plan, its steps and what they measured."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from control.models import Batch, Measurement, Step
from tests.rows import queued


def run(*steps: tuple[str, int], name: str = "", began: bool = True, **columns: Any) -> Batch:
    """A batch that has come to its end, with a plan of (name, repetitions) and no rows of steps yet."""
    batch = queued("board_test", "demo/slot-1", name=name)
    plan, index = [], 0
    for step, repeat in steps:
        plan.append({"index": index, "name": step, "group": "main", "repeat": repeat, "resumable": False})
        index += repeat
    now = timezone.now()
    ending = {"state": "COMPLETED", "outcome": "PASS", "started_at": now} if began else {"state": "ABORTED"}
    given = {"plan": plan, "ended_at": now, **ending}
    Batch.objects.filter(pk=batch.pk).update(**{**given, **columns})
    return Batch.objects.get(pk=batch.pk)


def ran(batch: Batch, index: int, outcome: str = "PASS", **columns: Any) -> Step:
    """An attempt that has ended."""
    name = next(each["name"] for each in batch.plan if index < each["index"] + each["repeat"])
    given = {"state": "ENDED", "outcome": outcome, "group": "main", "duration_ms": 100.0, **columns}
    return Step.objects.create(batch=batch, index=index, name=name, **given)


def took(step: Step, name: str, value: Any, unit: str = "V", **columns: Any) -> Measurement:
    kinds = {bool: "boolean", str: "text", dict: "curve"}
    given = {"type": kinds.get(type(value), "number"), "at": timezone.now(), "outcome": "PASS", **columns}
    return Measurement.objects.create(step=step, name=name, value=value, unit=unit, **given)
