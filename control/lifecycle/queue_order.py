"""Who is next of what waits: what is urgent, then by priority, which rises with the time that a batch has waited.

Each level of priority is worth `settings.AGEING_S` seconds of waiting, but none makes a batch urgent that was not. All
grow older by the same clock, so the order of two batches never changes by itself: it is that of the moments at which
their turn has come, however often one looks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Least
from django.db.models.lookups import Exact, LessThan

from control.models import Batch
from control.states import State

Rows = TypeVar("Rows", bound=QuerySet)
LEVEL = 10  # from LOW to NORMAL, from there to HIGH, from there to URGENT
MOST_BY_WAITING = float(Batch.Priority.URGENT - 1)
_URGENT = Q(priority__gte=Batch.Priority.URGENT)


def head_start(priority: int) -> timedelta:
    """The time of waiting that a priority is worth, against NORMAL."""
    return timedelta(seconds=settings.AGEING_S * priority / LEVEL)


def turn_of(batch: Batch) -> datetime:
    """Where a batch stands among those that wait and are as urgent as it, or all not: an earlier turn goes first."""
    return batch.queued_as_of - head_start(batch.priority)


def is_urgent(batch: Batch) -> bool:
    return batch.priority >= Batch.Priority.URGENT


def best_first() -> tuple[Combinable | str, ...]:
    """For `order_by`: the waiting batches in the order in which they are taken."""
    return (Case(When(_URGENT, then=0), default=1), _turn(), "queued_as_of", "pk")


def goes_before(batch: Batch) -> Q:
    """The waiting batches that are taken before this one, should they wait for the same slot."""
    turn = Value(turn_of(batch), DateTimeField())
    same = Q(Exact(_turn(), turn)) & (
        Q(queued_as_of__lt=batch.queued_as_of) | Q(queued_as_of=batch.queued_as_of, pk__lt=batch.pk)
    )
    earlier = Q(LessThan(_turn(), turn)) | same
    return _URGENT & earlier if is_urgent(batch) else _URGENT | earlier


def effective_priority(batches: Rows) -> Rows:
    """Annotate `effective_priority` by the database's clock: of what waits, its priority raised with its age, to just
    below URGENT.

    What runs has had its turn and keeps the priority that it was given: else each long run would outrank urgent work.
    """
    aged = F("priority") + LEVEL * _Age("queued_as_of") / Value(settings.AGEING_S, FloatField())
    aged = Least(ExpressionWrapper(aged, FloatField()), Value(MOST_BY_WAITING, FloatField()))
    return batches.annotate(
        effective_priority=Case(
            When(~_URGENT, state=State.QUEUED, then=aged),
            default=ExpressionWrapper(F("priority") * Value(1.0, FloatField()), FloatField()),
        )
    )


def _turn() -> Case:
    """`turn_of`, as the database computes it, to the microsecond on SQLite, too."""
    starts = [
        When(priority=priority, then=_moved(head_start(priority)))
        for priority in Batch.Priority.values
        if priority != Batch.Priority.NORMAL
    ]
    return Case(*starts, default=_moved(timedelta(0)), output_field=DateTimeField())


def _moved(by: timedelta) -> ExpressionWrapper:
    return ExpressionWrapper(F("queued_as_of") - Value(by, DurationField()), DateTimeField())


class _Age(Func):
    """Seconds since a time, by the database's clock."""

    output_field = FloatField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "((julianday('now') - julianday(%(expressions)s)) * 86400.0)"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "EXTRACT(EPOCH FROM (STATEMENT_TIMESTAMP() - %(expressions)s))::float8"
        return super().as_sql(compiler, connection, template=template, **context)
