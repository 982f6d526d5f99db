"""Why a batch waits although a place is free: so many of its kind run already, or what it works on is not there yet.

What runs is counted once for all that waits: there may be thousands. Whoever claims a limited batch counts once more,
while it holds the row of its station.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.models import Batch, Dataset
from control.states import ACTIVE
from stations.models import Slot, Station

ANALYSIS = "analysis"  # the kind of sequences of which a station runs only a few at a time
# A station with fewer lanes keeps none free for urgent work.
LANES_TO_SPARE_ONE = 2
DATASETS = ("dataset", "target_dataset")

Rows = TypeVar("Rows", bound=QuerySet)
_ON_LANE = Q(slot=None) | Q(slot__kind=Slot.Kind.LANE)
_LIMITED = Q(concurrent__isnull=False) | Q(kind=ANALYSIS) | Q(dataset__isnull=False)
_DATASET_SENTENCES = {
    Dataset.State.RECEIVING: gettext_noop("Dataset %(dataset)s still receives files."),
    Dataset.State.READING: gettext_noop("Dataset %(dataset)s is still being read."),
    Dataset.State.FAILED: gettext_noop("Dataset %(dataset)s cannot be read: %(why)s"),
}


@dataclass
class Usage:
    """How much runs on a station, and how much may."""

    analyses_allowed: int
    lanes: int  # in service
    of_sequence: Counter[str] = field(default_factory=Counter)
    analyses: int = 0
    over_items: int = 0  # lanes whose own batch works on a dataset and is not urgent

    @property
    def has_lane_to_spare(self) -> bool:
        return self.lanes < LANES_TO_SPARE_ONE or self.over_items < self.lanes - 1

    def holds_back(self) -> Q:
        """What waits on the station and may not begin now."""
        held = Q(pk__in=())
        for name in DATASETS:
            held |= Q(**{f"{name}__isnull": False}) & ~Q(**{f"{name}__state": Dataset.State.READY})
        for sequence, count in self.of_sequence.items():
            held |= Q(sequence=sequence, concurrent__isnull=False, concurrent__lte=count)
        if self.analyses >= self.analyses_allowed:
            held |= Q(kind=ANALYSIS)
        if not self.has_lane_to_spare:
            held |= Q(_ON_LANE, dataset__isnull=False, priority__lt=Batch.Priority.URGENT)
        return held


def usage_of(stations: Iterable[str]) -> dict[str, Usage]:
    """What runs on each of these stations, in two queries."""
    in_service = Count("slots", filter=Q(slots__kind=Slot.Kind.LANE, slots__in_service=True))
    rows = Station.objects.filter(pk__in=list(stations)).annotate(lanes=in_service)
    found = {pk: Usage(allowed, lanes) for pk, allowed, lanes in rows.values_list("pk", "analyses", "lanes")}
    running = Batch.objects.filter(slot__station__in=found, state__in=ACTIVE)
    facts = ("station", "sequence", "kind", "dataset", "priority", "slot__kind")
    for station, sequence, kind, dataset, priority, place in running.values_list(*facts):
        usage = found[station]
        usage.of_sequence[sequence] += 1
        usage.analyses += kind == ANALYSIS
        usage.over_items += dataset is not None and priority < Batch.Priority.URGENT and place == Slot.Kind.LANE
    return found


def without_held(batches: Rows, station: str) -> Rows:
    """What waits on a station without being held back by a limit. Mostly none is limited: then nothing is counted."""
    if not batches.filter(_LIMITED).exists():
        return batches
    return batches.exclude(usage_of([station])[station].holds_back())


def is_limited(batch: Batch) -> bool:
    """Whether any limit may hold it back, so that it is claimed under `lock_limits`."""
    return batch.concurrent is not None or batch.kind == ANALYSIS or batch.dataset_id is not None


def lock_limits(station: str) -> None:
    """Hold what the limits of a station count until the transaction ends; nobody else begins a limited batch meanwhile.

    (On SQLite the transaction itself, which is IMMEDIATE, holds everything.)
    """
    Station.objects.select_for_update(no_key=True).filter(pk=station).values_list("pk").first()


def why_held(batch: Batch, usage: Usage | None = None) -> str:
    """What holds a waiting batch back, a sentence; empty when nothing does. `usage`: of its station, where that
    has just been read, and the batch with its datasets and its slot.
    """
    if not is_limited(batch):
        return ""
    if usage is not None:
        return _why_dataset((batch.dataset, batch.target_dataset)) or _why_limit(batch, usage)
    datasets = Dataset.objects.filter(pk__in=[batch.dataset_id, batch.target_dataset_id])
    return _why_dataset(datasets) or _why_limit(batch, usage_of([batch.station_id])[batch.station_id])


def _why_dataset(datasets: Iterable[Dataset | None]) -> str:
    for dataset in datasets:
        if dataset is not None and dataset.state != Dataset.State.READY:
            return _(_DATASET_SENTENCES[dataset.state]) % {"dataset": dataset.name, "why": dataset.message}
    return ""


def _why_limit(batch: Batch, usage: Usage) -> str:
    if batch.kind == ANALYSIS and usage.analyses >= usage.analyses_allowed:
        sentence = _("%(count)d of %(limit)d analyses run already on %(station)s.")
        limit, station = usage.analyses_allowed, batch.station_id
        return sentence % {"count": usage.analyses, "limit": limit, "station": station}
    count = usage.of_sequence[batch.sequence]
    if batch.concurrent is not None and count >= batch.concurrent:
        sentence = _("%(count)d of %(limit)d batches of %(sequence)s run already.")
        return sentence % {"count": count, "limit": batch.concurrent, "sequence": batch.sequence}
    if usage.has_lane_to_spare or batch.dataset_id is None or batch.priority >= Batch.Priority.URGENT:
        return ""
    if batch.slot is None or batch.slot.kind == Slot.Kind.LANE:
        return _("One lane of %(station)s is kept free for urgent work.") % {"station": batch.station_id}
    return ""
