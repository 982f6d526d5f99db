"""Reading: what a stream holds after a number. Page, API, terminal and export are readers of this one function."""

from __future__ import annotations

from control.models import Event, Stream


def head(stream: str) -> int:
    """Return the number of the stream's newest event, 0 when it has none. Read it before the rows that it is about."""
    return Stream.objects.filter(name=stream).values_list("last_seq", flat=True).first() or 0


def read_after(stream: str, after: int = 0, limit: int = 500) -> list[Event]:
    """Return at most `limit` events with a number above `after`, oldest first."""
    return list(Event.objects.filter(stream__name=stream, seq__gt=after).order_by("seq")[:limit])
