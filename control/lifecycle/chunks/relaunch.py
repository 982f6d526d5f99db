"""A batch over items whose lane was lost goes on by itself: the same batch, in another run."""

from __future__ import annotations

from django.db.models import F

from control.journal.append import Entry, alert, append
from control.journal.kinds import Kind, stream_of
from control.lifecycle.carrying import carry_to_resume
from control.lifecycle.chunks.settle import give_back
from control.lifecycle.refusals import WrongState
from control.lifecycle.stopping import is_stopping
from control.models import Batch, Chunk, ControlEvent, Item, Stream
from control.states import State

# Lanes that may be lost in a row without an item or a step done in between: after that the work itself is suspected.
MOST_IDLE_LOSSES = 3
# What asks for the end of a batch: it is not begun again against somebody's wish.
_ENDING = (ControlEvent.Kind.BATCH_STOP, ControlEvent.Kind.BATCH_RESTART, ControlEvent.Kind.EMERGENCY_STOP)


def relaunch(batch: Batch, stream: Stream, why: str) -> bool:
    """Let a batch whose run is over go on in another one; False where it has to end instead.

    Call inside a transaction that holds the batch's story. Effects, in order: its own chunks are given back, the batch
    has another run, its stream another spool, a line in its story, an alert.
    """
    batch.refresh_from_db()
    if not _may_go_on(batch):
        return False
    mine = Chunk.objects.filter(chunked_step__batch=batch, state=Chunk.State.RUNNING, helper=None)
    progressed = _done(batch) > batch.done_at_loss
    give_back(mine.select_related("chunked_step"), lost=True)
    batch.idle_losses = 0 if progressed else batch.idle_losses + 1
    batch.done_at_loss = _done(batch)
    batch.runs += 1
    batch.save(update_fields=["idle_losses", "done_at_loss", "runs"])
    Stream.objects.filter(pk=stream.pk).update(spool_offset=0, generation=F("generation") + 1)
    message = f"Its lane was lost, and it goes on: {why}"
    entry = Entry(Kind.BATCH_RELAUNCHED, message, "WARNING", data={"run": batch.runs})
    append(stream_of(batch.pk), [entry])
    about = {"batch": str(batch.pk), "name": batch.name}
    alert([Entry(Kind.BATCH_RELAUNCHED, message, "WARNING", data=about)])
    return True


def _may_go_on(batch: Batch) -> bool:
    if batch.dataset_id is None or batch.state != State.RUNNING or batch.idle_losses >= MOST_IDLE_LOSSES:
        return False
    if is_stopping(batch.station_id) or ControlEvent.objects.filter(batch=batch, kind__in=_ENDING).exists():
        return False
    try:
        carry_to_resume(batch)
    except WrongState:
        return False
    return True


def _done(batch: Batch) -> int:
    """Grows with each item and each step that is done."""
    return Item.objects.filter(batch=batch).count() + batch.steps.exclude(ended_at=None).count()
