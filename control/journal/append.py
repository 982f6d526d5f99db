"""Writing: gapless numbers from one row per stream, in the transaction of whoever changes what the story is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from control.journal import bell, overflow
from control.journal.bulk import insert_rows
from control.journal.kinds import ALERTS, BOARD, Kind, stream_of
from control.models import Batch, Event, Stream


@dataclass(slots=True)  # not frozen: there are many, and frozen ones take three times as long to make
class Entry:
    """One event before it has a number."""

    kind: str
    message: str = ""
    level: str = "INFO"
    step: int | None = None
    at: datetime = field(default_factory=timezone.now)
    data: dict[str, Any] = field(default_factory=dict)


class Fenced(Exception):
    """Another supervisor has taken the stream over, or this one's own commit had arrived after all."""


def lock_story(batch_id: UUID) -> None:
    """Hold a batch until the transaction ends. Whoever decides by a batch's state holds its stream's row first.

    (On SQLite the transaction itself, which is IMMEDIATE, holds everything.)
    """
    Stream.objects.select_for_update().filter(batch=batch_id).values_list("pk").first()


def hold_story(stream: Stream) -> None:
    """The same for whoever follows its spool. Raises Fenced when somebody else has taken that over."""
    mine = Stream.objects.select_for_update().filter(pk=stream.pk, generation=stream.generation)
    if mine.values_list("pk").first() is None:
        raise Fenced(stream.name)


def append(stream: str, entries: Sequence[Entry]) -> int:
    """Append to a stream and return its last number. Call inside a transaction: it holds the stream's row until commit.

    Streams are locked in the order batch, alerts, board, so that two writers cannot wait for each other.
    """
    numbers = _advance("name = %s", [stream], len(entries))
    if numbers is None:
        Stream.objects.get_or_create(name=stream)
        return append(stream, entries)
    return _insert(stream, *numbers, entries)


def import_spool(stream: Stream, entries: Sequence[Entry], offset: int) -> int:
    """Append what a spool holds up to byte `offset`, exactly once. Raises Fenced when the stream is no longer ours.

    One conditional UPDATE is the fence, the counter and the proof that these bytes were not imported before.
    """
    numbers = _advance(
        "id = %s AND generation = %s AND spool_offset = %s",
        [stream.pk, stream.generation, stream.spool_offset],
        len(entries),
        offset,
    )
    if numbers is None:
        raise Fenced(stream.name)
    return _insert(stream.name, *numbers, entries)


def _advance(condition: str, values: list[Any], count: int, offset: int | None = None) -> tuple[int, int] | None:
    """Raise the counter; return the stream's id and its new last number, or None when the condition does not hold."""
    assignments, arguments = "last_seq = last_seq + %s", [count]
    if offset is not None:
        assignments, arguments = f"{assignments}, spool_offset = %s", [count, offset]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE control_stream SET {assignments} WHERE {condition} RETURNING id, last_seq", [*arguments, *values]
        )
        found = cursor.fetchone()
    return None if found is None else (found[0], found[1])


def _insert(name: str, stream_id: int, last: int, entries: Sequence[Entry]) -> int:
    first = last - len(entries) + 1
    rows = [
        {
            "stream": stream_id,
            "seq": seq,
            "at": entry.at,
            "kind": entry.kind,
            "level": entry.level,
            "step": entry.step,
            "message": entry.message,
            "data": overflow.within_limit(entry.data, stream_id, seq),
        }
        for seq, entry in enumerate(entries, first)
    ]
    if rows:
        insert_rows(Event, rows)
        bell.ring(name)
    return last


def tell_batch(batch_id: UUID, entry: Entry) -> None:
    """Add one line to a batch's own story."""
    append(stream_of(batch_id), [entry])


def tell_board(batch: Batch, kind: Kind) -> None:
    """Announce a change of state to everybody who watches all batches."""
    data = {
        "batch": str(batch.pk),
        "name": batch.name,
        "sequence": batch.sequence,
        "slot": batch.slot_id,
        "state": batch.state,
        "outcome": batch.outcome,
        "prompt": batch.open_prompt,
    }
    append(BOARD, [Entry(kind, data=data)])


def alert(entries: Sequence[Entry]) -> None:
    """Bring errors and warnings to every open page."""
    if entries:
        append(ALERTS, entries)
