"""Who intervened in a batch: what people asked of it, and the emergency stops that met it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from control.history.ids import first_id_at
from control.lifecycle.safety.scopes import ALL
from control.models import Batch, ControlEvent

# A stop has its id a moment before its time, and both come from the clock of the host that was asked.
_CLOCKS_APART = timedelta(seconds=1)
_MOST_STOPS = 1_000


def interventions(batch: Batch, now: datetime) -> QuerySet[ControlEvent]:
    """The control events of a batch, found by index however many there are of others. `now` in any zone.

    A stop of a slot, a station or everything belongs to no batch: those that met this one are looked up first, by when
    it lived. They are few, because the first one ends it.
    """
    return ControlEvent.objects.filter(are_of(batch, now))


def are_of(batch: Batch, now: datetime) -> Q:
    """Which control events those are, for whoever narrows rows of his own."""
    return Q(batch=batch) | Q(pk__in=list(stops_that_met(batch, now)[:_MOST_STOPS]))


def stops_that_met(batch: Batch, now: datetime) -> QuerySet[ControlEvent]:
    """The ids of those stops. An id begins with its time, so that the primary key finds them."""
    begin, end = batch.started_at or batch.created_at, batch.ended_at or now
    scopes = [scope for scope in (batch.slot_id, batch.station_id, ALL) if scope]
    by_id = ControlEvent.objects.filter(
        pk__gte=first_id_at(begin - _CLOCKS_APART), pk__lt=first_id_at(end + _CLOCKS_APART)
    )
    stops = by_id.filter(kind=ControlEvent.Kind.EMERGENCY_STOP, scope__in=scopes)
    return stops.filter(requested_at__gte=begin, requested_at__lte=end).values_list("pk", flat=True)
