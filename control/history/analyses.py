"""What has been found out about a dataset: by each sequence that worked on it, the last whole run and what runs now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from control.history.facts import PROVENANCE, Facts, facts_of_batches
from control.models import Batch, Dataset
from control.states import LIVE, State

SHOWN_LIVE = 20


def read_analyses(dataset: Dataset, now: datetime) -> list[Facts]:
    """By the name of the sequence: `running` and waiting batches, and the last one that was completed, with its result.

    `latest` is one that worked on the dataset itself; of comparisons, also one for which it was the target.
    """
    live = list(_of(dataset).filter(state__in=LIVE).order_by("-pk")[:SHOWN_LIVE])
    done = list(_newest_of_each(dataset))
    facts = dict(zip([batch.pk for batch in (*live, *done)], facts_of_batches([*live, *done], now), strict=True))
    found: dict[str, Facts] = {}
    for batch in (*live, *done):
        of = found.setdefault(batch.sequence, {"sequence": batch.sequence, "running": [], "latest": None})
        if batch.state in LIVE:
            of["running"].append(facts[batch.pk])
        else:
            of["latest"] = facts[batch.pk]
    return [found[name] for name in sorted(found)]


def _of(dataset: Dataset) -> QuerySet[Batch]:
    return Batch.objects.filter(Q(dataset=dataset) | Q(target_dataset=dataset)).defer(*PROVENANCE)


def _newest_of_each(dataset: Dataset) -> QuerySet[Batch]:
    place = Window(RowNumber(), partition_by=F("sequence"), order_by=F("id").desc())
    return _of(dataset).filter(state=State.COMPLETED).annotate(place=place).filter(place=1).order_by("sequence")


def analysed_last(datasets: Collection[Dataset], sequences: Collection[str]) -> dict[UUID, dict[str, Batch]]:
    """The last completed batch of each of these sequences on each dataset; one query. Of comparisons: the reference."""
    place = Window(RowNumber(), partition_by=[F("dataset"), F("sequence")], order_by=F("id").desc())
    done = Batch.objects.filter(dataset__in=datasets, sequence__in=sequences, state=State.COMPLETED)
    found: dict[UUID, dict[str, Batch]] = {}
    shown = ("sequence", "outcome", "dataset", "created_at", "started_at", "ended_at")
    for batch in done.annotate(place=place).filter(place=1).only(*shown):
        if batch.dataset_id is not None:
            found.setdefault(batch.dataset_id, {})[batch.sequence] = batch
    return found


def analysed_now(datasets: Collection[Dataset]) -> dict[UUID, list[Batch]]:
    """The live batches of each dataset, on either side; by one query."""
    rows = Batch.objects.filter(Q(dataset__in=datasets) | Q(target_dataset__in=datasets), state__in=LIVE)
    found: dict[UUID, list[Batch]] = {}
    for batch in rows.order_by("-pk").only("name", "sequence", "state", "dataset", "target_dataset", "progress"):
        for pk in {batch.dataset_id, batch.target_dataset_id} - {None}:
            found.setdefault(pk, []).append(batch)
    return found
