"""Why a batch waits although a place is free: so many of its kind run already, or what it works on is not there yet.

The database judges, in the query that finds what waits. Whoever claims a limited batch holds its station's row.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.models import Batch, Dataset
from control.states import ACTIVE
from stations.models import Slot, Station

ANALYSIS = "analysis"  # the kind of sequences of which a station runs only a few at a time
# A station with fewer lanes keeps none free for urgent work.
LANES_TO_SPARE_ONE = 2

Rows = TypeVar("Rows", bound=QuerySet)
_MAIN, _OTHER = (~Q(**{f"{name}__state": Dataset.State.READY}) for name in ("dataset", "target_dataset"))
_NOT_READY = Q(dataset__isnull=False) & _MAIN | Q(target_dataset__isnull=False) & _OTHER
_URGENT = Q(priority__gte=Batch.Priority.URGENT)
_TOO_MANY_OF_IT = Q(concurrent__isnull=False, concurrent__lte=F("same_running"))
_TOO_MANY_ANALYSES = Q(kind=ANALYSIS, station__analyses__lte=F("analyses_running"))
_LAST_LANE = Q(dataset__isnull=False, lanes__gte=LANES_TO_SPARE_ONE, lanes_over_items__gte=F("lanes") - 1) & ~_URGENT
DATASETS = ("dataset", "target_dataset")
_DATASET_SENTENCES = {
    Dataset.State.RECEIVING: gettext_noop("Dataset %(dataset)s still receives files."),
    Dataset.State.READING: gettext_noop("Dataset %(dataset)s is still being read."),
    Dataset.State.FAILED: gettext_noop("Dataset %(dataset)s cannot be read: %(why)s"),
}


def with_limits(batches: Rows) -> Rows:
    """Annotate what the limits count: how much runs on each batch's station, and how many lanes that has."""
    return batches.annotate(**_counts())


def without_held(batches: Rows) -> Rows:
    """The waiting batches that no limit holds back."""
    return batches.alias(**_counts()).exclude(_TOO_MANY_OF_IT | _TOO_MANY_ANALYSES | _LAST_LANE | _NOT_READY)


def is_limited(batch: Batch) -> bool:
    """Whether any limit may hold it back, so that it is claimed under `lock_limits`."""
    return batch.concurrent is not None or batch.kind == ANALYSIS or batch.dataset_id is not None


def lock_limits(station: str) -> None:
    """Hold what the limits of a station count until the transaction ends; nobody else begins a limited batch meanwhile.

    (On SQLite the transaction itself, which is IMMEDIATE, holds everything.)
    """
    Station.objects.select_for_update(no_key=True).filter(pk=station).values_list("pk").first()


def why_held(batch: Batch) -> str:
    """What holds a waiting batch back, a sentence; empty when nothing does. Annotated `with_limits`, or read anew."""
    if not hasattr(batch, "same_running"):
        if not is_limited(batch):
            return ""
        rows = Batch.objects.filter(pk=batch.pk).select_related("station", *DATASETS)
        batch = with_limits(rows.defer("station__configuration")).get()
    return _why_dataset(batch) or _why_limit(batch)


def _why_dataset(batch: Batch) -> str:
    for dataset in (batch.dataset, batch.target_dataset):
        if dataset is not None and dataset.state != Dataset.State.READY:
            return _(_DATASET_SENTENCES[dataset.state]) % {"dataset": dataset.name, "why": dataset.message}
    return ""


def _why_limit(batch: Batch) -> str:
    if batch.kind == ANALYSIS and batch.analyses_running >= batch.station.analyses:
        sentence = _("%(count)d of %(limit)d analyses run already on %(station)s.")
        return sentence % {
            "count": batch.analyses_running,
            "limit": batch.station.analyses,
            "station": batch.station_id,
        }
    if batch.concurrent is not None and batch.same_running >= batch.concurrent:
        sentence = _("%(count)d of %(limit)d batches of %(sequence)s run already.")
        return sentence % {"count": batch.same_running, "limit": batch.concurrent, "sequence": batch.sequence}
    spares = batch.lanes >= LANES_TO_SPARE_ONE and batch.lanes_over_items >= batch.lanes - 1
    if batch.dataset_id is not None and spares and batch.priority < Batch.Priority.URGENT:
        return _("One lane of %(station)s is kept free for urgent work.") % {"station": batch.station_id}
    return ""


def _counts() -> dict[str, Coalesce]:
    running = Batch.objects.filter(station=OuterRef("station"), state__in=ACTIVE)
    lanes = Slot.objects.filter(station=OuterRef("station"), kind=Slot.Kind.LANE, in_service=True)
    return {
        "same_running": _count(running.filter(sequence=OuterRef("sequence"))),
        "analyses_running": _count(running.filter(kind=ANALYSIS)),
        "lanes_over_items": _count(running.filter(~_URGENT, dataset__isnull=False, slot__kind=Slot.Kind.LANE)),
        "lanes": _count(lanes),
    }


def _count(rows: QuerySet) -> Coalesce:
    counted = rows.order_by().values("station").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
