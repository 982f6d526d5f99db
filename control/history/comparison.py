"""Two runs side by side: what they used, how they were judged, how long they took. Reads only."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from control.history.compared_values import changed_paths, pair, pairs
from control.history.facts import Facts, batch_facts
from control.lifecycle.refusals import BadValue, no_batch
from control.models import Batch, Step
from control.states import StepState

CHANGES_SHOWN = 200  # of a station's configuration


def find_both(a: UUID, b: UUID) -> tuple[Batch, Batch]:
    """The two batches to compare. Raises BadValue for a batch and itself, NotFound for one that is not there."""
    if a == b:
        raise BadValue(_("A run cannot be compared with itself. Choose another one."))
    found = Batch.objects.defer("saved", "carried").in_bulk([a, b])
    for batch_id in (a, b):
        if batch_id not in found:
            raise no_batch(batch_id)
    return found[a], found[b]


def compare_batches(a: Batch, b: Batch, now: datetime) -> Facts:
    """Everything but their steps, in one query. Every row tells whether the two differ in it."""
    counts = _ended_counts(a, b)
    return {
        "a": _head(a, now, counts),
        "b": _head(b, now, counts),
        "same_sequence": a.sequence == b.sequence,
        "same_package": (a.sequence, a.sha256) == (b.sequence, b.sha256),
        "parameters": _parameters(a, b),
        "limits": pairs(a.limits, b.limits),
        "used": _used(a, b),
        "drivers": pairs(a.drivers, b.drivers),
        "station_configuration": _configuration(a, b),
    }


def _head(batch: Batch, now: datetime, counts: dict[UUID, Counter[str]]) -> Facts:
    facts = batch_facts(batch, now)
    del facts["error"], facts["result"]
    return {**facts, "ended_steps": dict(counts.get(batch.pk, {}))}


def _ended_counts(a: Batch, b: Batch) -> dict[UUID, Counter[str]]:
    """How many steps of each ended with which outcome; attempts that were followed by another do not count."""
    ended = Step.objects.filter(batch__in=[a.pk, b.pk], state=StepState.ENDED, retrying=False)
    found: dict[UUID, Counter[str]] = {}
    for batch, outcome, count in ended.order_by().values_list("batch", "outcome").annotate(Count("pk")):
        found.setdefault(batch, Counter())[outcome] += count
    return found


def _parameters(a: Batch, b: Batch) -> list[Facts]:
    """By name: the value that a run began with, and the one that it ended with where that was changed meanwhile."""
    left, right = _with_changes(a), _with_changes(b)
    units = {**b.units, **a.units}
    return [{**row, "unit": units.get(row["name"], "")} for row in pairs(left, right)]


def _with_changes(batch: Batch) -> dict[str, Facts]:
    return {
        name: {"value": value, "changed": name in batch.settings, "now": batch.settings.get(name, value)}
        for name, value in batch.parameters.items()
    }


def _used(a: Batch, b: Batch) -> list[Facts]:
    """What surrounds a run. Times in seconds, resources in the units of their names."""
    names = ("sequence", "version", "sha256", "package", "station", "slot", "subject")
    rows = [pair(name, *(_plain(batch, name) for batch in (a, b))) for name in names]
    ladder = ("stop_grace_s", "term_grace_s", "deadline_grace_s", "restarts_left")
    rows += [pair(name, getattr(a, name), getattr(b, name)) for name in ladder]
    return [*rows, *pairs(a.resources, b.resources)]


def _plain(batch: Batch, name: str) -> Any:
    return getattr(batch, f"{name}_id" if name in ("station", "slot") else name)


def _configuration(a: Batch, b: Batch) -> Facts:
    """The keys of the station file in which they differ, the first ones of many."""
    changes = changed_paths(a.station_configuration, b.station_configuration)
    return {"changes": changes[:CHANGES_SHOWN], "total": len(changes)}
