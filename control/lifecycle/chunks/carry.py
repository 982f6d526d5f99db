"""Which items a batch takes over from the one before it: all that were completed there, but those of chosen chunks."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from control.journal.append import Entry, append, hold_story
from control.journal.bulk import insert_rows
from control.journal.kinds import Kind
from control.lifecycle.chunks.claim import completed_items
from control.lifecycle.chunks.files import datasets_of
from control.lifecycle.refusals import BadValue, UnknownName, WrongState
from control.lifecycle.steps_ahead import places_taken_over
from control.models import Batch, Chunk, ChunkedStep, Dataset, Item, Stream
from sequences.wording import quoted
from stations.contracts import Carried, ItemsAgain
from stations.models import Slot

# Items of one transaction. Of 100,000 on a busy two-core machine it took 4 s, and SQLite's other writers waited 8 ms at
# p99, 20 ms at the most; with 500 in one, 175 ms.
PAGE = 200
_COPIED = ("index", "path", "state", "slot", "attempts", "duration_ms", "stage", "category", "exception", "message")
_COPIED += ("result", "files", "at")
MOST_CHUNKS = 1000  # that somebody may choose: they travel with the batch


def carry_good_items(batch: Batch) -> Carried:
    """What a repetition of the failed items takes over. Raises WrongState where nothing failed or can be taken over."""
    _check_over_items(batch)
    if not Item.objects.filter(batch=batch, state=Item.State.FAILED).exists():
        raise WrongState(_("No item of this batch failed. Run all of it again, or some of its chunks."))
    return Carried(batch=str(batch.pk), steps=[], saved={}, items=True)


def carry_but_chunks(batch: Batch, chunks: Collection[int], step: int | str | None) -> Carried:
    """What a repetition of chosen chunks takes over. `step`: which one over items, where there are several.

    Raises BadValue for chunks that it does not have, UnknownName for no such step, WrongState as above.
    """
    _check_over_items(batch)
    if not 0 < len(chunks) <= MOST_CHUNKS:
        sentence = _("Name the chunks to run again by their numbers: at least one, and at most %(most)d.")
        raise BadValue(sentence % {"most": MOST_CHUNKS}, field="chunks")
    opened = _step_over_items(batch, step)
    known = set(Chunk.objects.filter(chunked_step=opened, number__in=chunks).values_list("number", flat=True))
    if missing := sorted(set(chunks) - known):
        told = ", ".join(map(str, missing[:10]))
        sentence = ngettext("There is no chunk %(numbers)s.", "There are no chunks %(numbers)s.", len(missing))
        raise BadValue(sentence % {"numbers": told}, field="chunks")
    again = ItemsAgain(step=opened.step, chunks=sorted(known))
    return Carried(batch=str(batch.pk), steps=[], saved={}, items=True, items_again=again)


def with_items(batch: Batch, carried: Carried | None) -> Carried | None:
    """What a resumption takes over: of a batch over items also those that were completed."""
    if batch.dataset_id is None:
        return carried
    return Carried(**{"batch": str(batch.pk), "steps": [], "saved": {}, **(carried or {}), "items": True})


def check_same_files(batch: Batch, carried: Carried | None) -> None:
    """Raises WrongState where finished steps would be taken over, and those behind them worked on other files."""
    if carried is not None and carried["steps"]:
        _check_not_read_anew(batch)


def carry_items_over(stream: Stream, step: int, name: str) -> Iterator[None]:
    """Copy what the batch before this one completed in the step of the same name, page by page: yields after each.

    Nothing where a dataset was read anew since, nor what has failed in the step before this one by now. Comes before
    the step begins, so that nobody cuts chunks meanwhile.
    Each page is a transaction of its own, and whoever begins again goes on behind the last one. Effects, in order: the
    files of a page, its items; in the end, a line in the story for each place from which files could not be taken.
    Raises Fenced, and OSError of the disk.
    """
    batch = Batch.objects.select_related("dataset", "target_dataset", "origin").get(pk=stream.batch_id)
    source = _done_before(batch, step, name)
    if source is None or ChunkedStep.objects.filter(batch=batch, step=step).exists():
        return
    before, left_out = source
    after = step_before(batch, step)
    done = completed_items(before).order_by("index")
    known = Item.objects.filter(batch=batch, step=step).aggregate(last=Max("index"))["last"]
    last = -1 if known is None else known
    missed = _Missed()
    while page := list(done.filter(index__gt=last).values(*_COPIED)[:PAGE]):
        last = page[-1]["index"]
        given = _given(after, [row["index"] for row in page]) - left_out
        rows = [row for row in page if row["index"] in given]
        _take_files(before.batch_id, batch.pk, rows, missed)
        _write_page(stream, step, rows)
        yield
    if told := missed.told():
        _tell(stream, step, told)


def step_before(batch: Batch, step: int) -> ChunkedStep | None:
    """The step over items before this one, whose completed items it takes; None where it takes all files.

    One that a batch took over as finished has begun in the batch that it goes on from, or in one before that. Its items
    may be other files by now: then it counts for nothing.
    """
    places, one = set(range(step)), batch
    found = [*ChunkedStep.objects.filter(batch=one, step__in=places).order_by("-step")[:1]]
    while one.origin is not None and one.carried:
        places &= places_taken_over(one)
        one = one.origin
        found += ChunkedStep.objects.filter(batch=one, step__in=places).order_by("-step")[:1]
    last = max(found, key=lambda opened: opened.step, default=None)
    if last is not None and last.batch_id != batch.pk and read_anew(batch, last.batch):
        return None
    return last


def read_anew(batch: Batch, origin: Batch) -> Dataset | None:
    """A dataset that was read since an earlier batch worked on it: its items may be other files by now."""
    begun = origin.started_at or origin.created_at
    for dataset in datasets_of(batch):
        if dataset.read_at is None or dataset.read_at > begun:
            return dataset
    return None


def _check_over_items(batch: Batch) -> None:
    if not ChunkedStep.objects.filter(batch=batch).exists():
        raise WrongState(_("This batch went over no items. Run all of it again, or from a step on."))
    _check_not_read_anew(batch)


def _check_not_read_anew(batch: Batch) -> None:
    if (dataset := read_anew(batch, batch)) is not None:
        raise WrongState(
            _("Dataset '%(name)s' was read anew since, and its items may be other files now. Run all of it again.")
            % {"name": dataset.name}
        )


def _step_over_items(batch: Batch, step: int | str | None) -> ChunkedStep:
    steps = list(ChunkedStep.objects.filter(batch=batch).order_by("step"))
    if step is None and len(steps) == 1:
        return steps[0]
    for opened in steps:
        if step in (opened.step, opened.name):
            return opened
    if step is None:
        names = ", ".join(opened.name for opened in steps)
        raise BadValue(_("Several steps go over items. Name one: %(names)s.") % {"names": names}, field="step")
    raise UnknownName("step", quoted(str(step)), [opened.name for opened in steps])


def _given(after: ChunkedStep | None, indexes: list[int]) -> set[int]:
    """Those of these items, in order, that the step before has left for this one."""
    if after is None:
        return set(indexes)
    left = completed_items(after).filter(index__range=(indexes[0], indexes[-1]))
    return set(left.values_list("index", flat=True))


def _indexes_again(batch: Batch, step: int) -> set[int]:
    """The items of the chunks that somebody chose to run again: done anew in their step, and so in every later one."""
    again: ItemsAgain | None = (batch.carried or {}).get("items_again")
    if again is None or step < again["step"]:
        return set()
    chosen = Chunk.objects.filter(
        chunked_step__batch=batch.origin_id, chunked_step__step=again["step"], number__in=again["chunks"]
    )
    return {index for indexes in chosen.values_list("items", flat=True) for index in indexes}


def _done_before(batch: Batch, step: int, name: str) -> tuple[ChunkedStep, set[int]] | None:
    """The step of this name whose items a batch takes over, and which of them are nevertheless done anew.

    A batch that ended before it came to the step, or that took it over as a whole, passes on what was done before it.
    """
    again: set[int] = set()
    one = batch
    while one.origin is not None and one.carried:
        if not one.carried.get("items") and step not in places_taken_over(one):
            return None
        again |= _indexes_again(one, step)
        one = one.origin
        before = ChunkedStep.objects.filter(batch=one, name=name).first()
        if before is not None:
            return None if read_anew(batch, one) else (before, again)
    return None


class _Missed:
    """Files that were made from items and could not be taken over, counted by the host where they are; "" is here."""

    def __init__(self) -> None:
        away = Slot.objects.exclude(station__host=socket.gethostname())
        self._hosts = dict(away.values_list("pk", "station__host"))
        self._found: dict[str, tuple[int, str]] = {}  # by host: how many, and the first one

    def add(self, file: str, lane: str) -> None:
        host = self._hosts.get(lane, "")
        count, first = self._found.get(host, (0, file))
        self._found[host] = (count + 1, first)

    def told(self) -> list[str]:
        """A sentence for each host."""
        where = {"": "are not here any more"}
        return [
            f"{count} files that were made from items {where.get(host, f'stay behind on another host, {host}')}, "
            f"the first one: {first}"
            for host, (count, first) in self._found.items()
        ]


def _take_files(origin: UUID, batch: UUID, rows: list[dict[str, Any]], missed: _Missed) -> None:
    """What was made from items stays with them when the batch before is pruned. What is not here is no file of its item
    from here on. Raises OSError.
    """
    there, here = (settings.STATION_PATHS.attachments_of(str(one)) for one in (origin, batch))
    if any(row["files"] for row in rows):
        here.mkdir(mode=0o700, parents=True, exist_ok=True)
    for row in rows:
        lost = [kept for kept in row["files"] if not _take_file(there / kept["sha256"], here / kept["sha256"])]
        for kept in lost:
            missed.add(f"{kept['name']} of {row['path']}", row["slot"])
        row["files"] = [kept for kept in row["files"] if kept not in lost]


def _take_file(there: Path, here: Path) -> bool:
    """False where there is none. Raises OSError where it can neither be linked nor copied."""
    try:
        os.link(there, here)
    except FileExistsError:
        pass
    except FileNotFoundError:
        return here.exists()
    except OSError:  # another file system, or one without links
        draft = here.with_name(f".{here.name}")
        shutil.copyfile(there, draft)
        draft.replace(here)
    return True


def _write_page(stream: Stream, step: int, rows: list[dict[str, Any]]) -> None:
    with transaction.atomic():
        hold_story(stream)
        of_batch = {"batch": stream.batch_id, "step": step, "chunk": None}
        insert_rows(Item, [{**row, **of_batch} for row in rows], key=("batch", "step", "index"))


def _tell(stream: Stream, step: int, warnings: list[str]) -> None:
    with transaction.atomic():
        hold_story(stream)
        append(stream.name, [Entry(Kind.LOG, message, "WARNING", step) for message in warnings])
