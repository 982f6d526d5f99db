"""Which items a batch takes over from the one before it: all that were completed there, but those of chosen chunks."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from control.lifecycle.chunks.files import datasets_of
from control.lifecycle.refusals import BadValue, UnknownName, WrongState
from control.models import Batch, Chunk, ChunkedStep, Dataset, Item
from sequences.wording import quoted
from stations.contracts import Carried, ItemsAgain

PAGE = 1000
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


def carry_items_over(batch: Batch, opened: ChunkedStep) -> int:
    """Copy what the batch before this one completed in the step of the same name; how many items that were.

    None where a dataset was read anew since. Call inside the transaction in which the step begins.
    """
    carried = batch.carried or {}
    if not carried.get("items") or batch.origin is None or read_anew(batch, batch.origin):
        return 0
    before = ChunkedStep.objects.filter(batch=batch.origin, name=opened.name).first()
    if before is None:
        return 0
    left_out = _indexes_again(batch.origin, before, carried.get("items_again"))
    done = Item.objects.filter(batch=batch.origin, step=before.step, state=Item.State.COMPLETED)
    count = 0
    page: list[Item] = []
    for item in done.iterator(chunk_size=PAGE):
        if item.index in left_out:
            continue
        _link_files(batch.origin, batch, item)
        item.pk, item.batch, item.step, item.chunk = None, batch, opened.step, None
        page.append(item)
        if len(page) == PAGE:
            count += len(Item.objects.bulk_create(page))
            page = []
    return count + len(Item.objects.bulk_create(page))


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


def _indexes_again(origin: Batch, before: ChunkedStep, again: ItemsAgain | None) -> set[int]:
    """The items of the chosen chunks: done anew in their step, and so in every later one."""
    if again is None or before.step < again["step"]:
        return set()
    chosen = Chunk.objects.filter(
        chunked_step__batch=origin, chunked_step__step=again["step"], number__in=again["chunks"]
    )
    return {index for indexes in chosen.values_list("items", flat=True) for index in indexes}


def _link_files(origin: Batch, batch: Batch, item: Item) -> None:
    """What was made from an item stays with it when the batch before is pruned."""
    for kept in item.files:
        there, here = (settings.STATION_PATHS.attachments_of(str(one.pk)) for one in (origin, batch))
        with suppress(OSError):
            here.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.link(there / kept["sha256"], here / kept["sha256"])
