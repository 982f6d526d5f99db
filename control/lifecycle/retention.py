"""prune: whole batches that ended long ago, and the old part of board and alerts, in small transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from control.journal import overflow
from control.journal.append import lock_story
from control.journal.kinds import COMMON
from control.lifecycle import attached_files
from control.lifecycle.actor import USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event
from control.lifecycle.packages import remove_unused_contents
from control.models import (
    Attachment,
    Batch,
    Chunk,
    ChunkedStep,
    ControlEvent,
    Event,
    Helper,
    Item,
    Measurement,
    Step,
    Stream,
)
from control.states import LIVE, TERMINAL, State

# In one transaction. On a busy two-core machine SQLite's other writers waited 80 ms for it at p99, 0.2 s at the most.
ROWS = 2000
BATCHES = 500  # looked for at a time
# Between two transactions others have as much time as the last one took.
SHORTEST_REST_S, LONGEST_REST_S = 0.005, 0.25
# What a stream is called once its batch is being deleted: nobody finds the batch any more, a later run goes on.
DOOMED = "pruned/"


@dataclass(frozen=True)
class Old:
    """What may go: batches that ended before a time, in one of these states, of this sequence if one is named."""

    days: float
    states: Sequence[State] = TERMINAL
    sequence: str = ""
    now: datetime = field(default_factory=timezone.now)

    @property
    def before(self) -> datetime:
        return self.now - timedelta(days=self.days)

    @property
    def everything(self) -> bool:
        """No filter narrows it: board, alerts and left-over files are shortened, too."""
        return set(self.states) == set(TERMINAL) and not self.sequence


@dataclass
class Pruned:
    """What is gone so far."""

    batches: int = 0
    events: int = 0  # of board and alerts
    unimported: int = 0  # batches that stay, because their spool is not completely in the database
    contents: int = 0  # of packages, on this host, that no batch refers to any more


def old_batches(old: Old) -> QuerySet[Batch]:
    """Ended before that time, kept by nobody, and none that a waiting or running batch goes on from, also by others."""
    found = Batch.objects.filter(state__in=old.states, ended_at__lt=old.before, keep=False)
    if old.sequence:
        found = found.filter(sequence=old.sequence)
    taking_its_items = ChunkedStep.objects.filter(after__batch=OuterRef("pk"), batch__state__in=LIVE)
    return found.filter(~Exists(taking_its_items)).exclude(pk__in=_gone_on_from())


def _gone_on_from() -> set[UUID]:
    """What a waiting or running batch goes on from, and what that took over from those before it."""
    found: set[UUID] = set()
    followers = Batch.objects.filter(state__in=LIVE)
    while origins := set(followers.exclude(origin=None).values_list("origin_id", flat=True)) - found:
        found |= origins
        followers = Batch.objects.filter(pk__in=origins, carried__isnull=False)
    return found


def count_old(old: Old) -> tuple[int, int]:
    """How many batches would go, and how many events with them and from board and alerts."""
    batches = old_batches(old)
    events: int = Stream.objects.filter(batch__in=batches).aggregate(sum=Coalesce(Sum("last_seq"), 0))["sum"]
    if old.everything:
        events += Event.objects.filter(stream__name__in=COMMON, at__lt=old.before).count()
    return batches.count(), events


def prune(
    old: Old, *, by: Actor, reason: str = USER_REQUEST, rest: Callable[[float], object] = time.sleep
) -> Iterator[Pruned]:
    """Delete what is old, and yield what is gone so far whenever nothing is half gone: stop there, or go on.

    Effects, in order: what an interrupted run has left; a ControlEvent that counts; batches with all that belongs to
    them, files last; the beginnings of board and alerts; stored contents of packages that no batch refers to. `rest`
    sleeps between two transactions.
    """
    pruned, record = Pruned(), _Record(old, by, reason)

    def count_batch() -> None:
        record.write(pruned, batches=1)

    for name in list(Stream.objects.filter(name__startswith=DOOMED).values_list("name", flat=True)):
        _delete_rows(UUID(name.removeprefix(DOOMED)), rest, count_batch)
        yield pruned
    for batch_id in _candidates(old):
        gone = _doom(batch_id, old)
        if gone:
            _delete_rows(batch_id, rest, count_batch)
        elif gone is None:
            pruned.unimported += 1
        yield pruned
    for stream in COMMON if old.everything else ():
        shorten = partial(_shorten, stream, old.before, lambda events: record.write(pruned, events=events))
        while _timed(shorten, rest):
            yield pruned
    if old.everything:
        overflow.remove_unknown(older_than_s=old.days * 24 * 3600)
        attached_files.remove_unknown(older_than_s=old.days * 24 * 3600)
    pruned.contents += remove_unused_contents()
    yield pruned


class _Record:
    """The control event of one run, written with its first deletion and counting on with every further one."""

    def __init__(self, old: Old, by: Actor, reason: str) -> None:
        self._old, self._by, self._reason = old, by, reason
        self._event: ControlEvent | None = None

    def write(self, pruned: Pruned, batches: int = 0, events: int = 0) -> None:
        """Call in the transaction that deletes them."""
        pruned.batches += batches
        pruned.events += events
        after = {"batches": pruned.batches, "events": pruned.events}
        if self._event is None:
            wanted = {"days": self._old.days, "states": list(self._old.states), "sequence": self._old.sequence}
            self._event = record_control_event(
                ControlEvent.Kind.PRUNE, by=self._by, reason=self._reason, at_once=True, details=wanted, after=after
            )
        else:
            ControlEvent.objects.filter(pk=self._event.pk).update(after=after)


def _candidates(old: Old) -> Iterator[UUID]:
    """Oldest first, a page at a time, so that no query stays open while others write."""
    last: UUID | None = None
    while True:
        page = old_batches(old).filter(**({"pk__gt": last} if last else {})).order_by("pk")
        found = list(page.values_list("pk", flat=True)[:BATCHES])
        yield from found
        if len(found) < BATCHES:
            return
        last = found[-1]


def _doom(batch_id: UUID, old: Old) -> bool | None:
    """Decide, under the batch's lock, that it goes, and take its story away from it. None: its spool is not imported.

    From here on nobody finds it: not by its story, and no follower can be made of it unseen.
    """
    with transaction.atomic():
        lock_story(batch_id)
        Batch.objects.select_for_update().filter(pk=batch_id).values_list("pk").first()
        stream = Stream.objects.filter(batch=batch_id).select_related("batch").first()
        if stream is None or not old_batches(old).filter(pk=batch_id).exists():
            return False
        if not _is_imported(stream):
            return None
        Stream.objects.filter(pk=stream.pk).update(batch=None, name=f"{DOOMED}{batch_id}")
    return True


def _is_imported(stream: Stream) -> bool:
    """Whether nothing of the spool is missing in the database, as far as this host can tell."""
    try:
        return settings.STATION_PATHS.spool(stream.batch.run_name).stat().st_size <= stream.spool_offset
    except FileNotFoundError:
        return True


def _delete_rows(batch_id: UUID, rest: Callable[[float], object], record: Callable[[], None]) -> None:
    """Delete all rows of a doomed batch, at most ROWS in one transaction, then its files."""
    stream = Stream.objects.filter(name=f"{DOOMED}{batch_id}").values_list("pk", flat=True).first()
    helpers = Helper.objects.filter(chunked_step__batch=batch_id).values_list("pk", flat=True)
    spools = [*spools_of(batch_id), *(settings.STATION_PATHS.spool(str(helper)) for helper in helpers)]
    while _timed(lambda: _delete_some(batch_id, stream, record), rest):
        pass
    overflow.remove(stream)
    attached_files.remove_files(batch_id)
    for spool in spools:
        spool.unlink(missing_ok=True)


def spools_of(batch_id: UUID) -> list[Path]:
    """The spools of a batch on this host, one for each time that it was begun."""
    return sorted(settings.STATION_PATHS.spools.glob(f"{batch_id}*.jsonl"))


def _delete_some(batch_id: UUID, stream: int | None, record: Callable[[], None]) -> bool:
    """True when there may be more. The batch itself goes last, with whatever else hangs on it."""
    left = ROWS
    with transaction.atomic():
        for rows in (
            Event.objects.filter(stream=stream),
            Measurement.objects.filter(step__batch=batch_id),
            Attachment.objects.filter(batch=batch_id),
            Item.objects.filter(batch=batch_id),
            Chunk.objects.filter(chunked_step__batch=batch_id),
            Step.objects.filter(batch=batch_id),
        ):
            some = rows.order_by().values("pk")[:left]
            left -= rows.model.objects.filter(pk__in=some).delete()[0]
            if left <= 0:
                return True
        Batch.objects.filter(pk=batch_id).delete()
        Stream.objects.filter(pk=stream).delete()
        record()
    return False


def _shorten(name: str, before: datetime, record: Callable[[int], None]) -> bool:
    """Delete the oldest events of a stream, at most ROWS, and say where it begins now. True when there may be more."""
    with transaction.atomic():
        stream = Stream.objects.select_for_update().filter(name=name).first()
        if stream is None:
            return False
        page = Event.objects.filter(stream=stream, seq__gte=stream.first_seq).order_by("seq")
        times = page.values_list("seq", "at")[:ROWS]
        old = [seq for seq, _at in takewhile(lambda event: event[1] < before, times)]
        if not old:
            return False
        first = old[-1] + 1
        Stream.objects.filter(pk=stream.pk).update(first_seq=first)
        Event.objects.filter(stream=stream, seq__lt=first).delete()
        record(len(old))
    overflow.remove(stream.pk, below=first)
    return len(old) == ROWS


def _timed(work: Callable[[], bool], rest: Callable[[float], object]) -> bool:
    """Do something in the database, then leave it to the others for as long."""
    began = time.monotonic()
    more = work()
    rest(min(max(time.monotonic() - began, SHORTEST_REST_S), LONGEST_REST_S))
    return more
