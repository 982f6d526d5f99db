"""Reading: what a stream holds after a number. Page, API, sockets, terminal and export read through these functions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from django.db import connection

from control.journal.kinds import is_last
from control.models import Event, Stream


def head(stream: str) -> int:
    """Return the number of the stream's newest event, 0 when it has none. Read it before the rows that it is about."""
    return Stream.objects.filter(name=stream).values_list("last_seq", flat=True).first() or 0


def first_kept(stream: int) -> int | None:
    """Return the number of the oldest event that this stream, by its primary key, still has or will have next."""
    return Stream.objects.filter(pk=stream).values_list("first_seq", flat=True).first()


def read_after(stream: str, after: int = 0, limit: int = 500) -> list[Event]:
    """Return at most `limit` events with a number above `after`, oldest first."""
    return list(Event.objects.filter(stream__name=stream, seq__gt=after).order_by("seq")[:limit])


class Standing(NamedTuple):
    """Where a stream stands. `over`: its last event is the end of its batch, after which nothing is told."""

    stream: int  # primary key
    last: int
    over: bool


def standings(names: Collection[str]) -> dict[str, Standing]:
    """Where these streams stand, in one query; those that do not exist are left out."""
    if not names:
        return {}
    marks = ", ".join(["%s"] * len(names))
    sql = (
        "SELECT s.name, s.id, s.last_seq, e.kind FROM control_stream s "
        f"LEFT JOIN control_event e ON e.stream_id = s.id AND e.seq = s.last_seq WHERE s.name IN ({marks})"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, list(names))
        return {name: Standing(pk, last, is_last(name, kind)) for name, pk, last, kind in cursor.fetchall()}


class RawEvent(NamedTuple):
    """An event as the database has it: its time ISO 8601 in UTC, its data as JSON text. A fifth of a row's time."""

    seq: int
    at: str
    kind: str
    level: str
    step: int | None
    message: str
    data: str


def read_raw(stream: int, after: int, count: int) -> Iterator[RawEvent]:
    """The `count` events of the stream with this primary key that follow number `after`, oldest first.

    Asked for by their numbers: with a LIMIT, PostgreSQL reads and sorts all that follow until it has statistics.
    """
    at, data = ("at", "data::text") if connection.vendor == "postgresql" else ("CAST(at AS TEXT)", "data")
    sql = (
        f"SELECT seq, {at}, kind, level, step, message, {data} FROM control_event "
        "WHERE stream_id = %s AND seq > %s AND seq <= %s ORDER BY seq"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [stream, after, after + count])
        rows = cursor.fetchall()
    return (RawEvent(seq, _iso(at), *rest) for seq, at, *rest in rows)


def _iso(at: Any) -> str:
    """As `facts.iso` has it: SQLite keeps texts in UTC, PostgreSQL gives times in UTC."""
    return f"{at.replace(' ', 'T')}Z" if isinstance(at, str) else at.isoformat().replace("+00:00", "Z")
