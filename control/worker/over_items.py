"""While a step goes over items, its batch's supervisor feeds its own lane, tells how far all are, and ends the step."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import transaction

from control.journal.append import Entry, append, hold_story
from control.journal.kinds import Kind
from control.lifecycle.chunks.help import end_lost_help
from control.lifecycle.chunks.over import end_step_over_items, is_settled
from control.metrics.items import items_of
from control.models import Batch, ChunkedStep, Step, Stream
from control.states import StepState
from control.worker.chunk_feed import ChunkFeed

TELL_EVERY_S = 2.0
LOST_EVERY_S = 5.0


class OverItems:
    """The step that goes over items now. `over`: nothing is left, and the run was told."""

    def __init__(self, stream: Stream, batch: Batch, opened: ChunkedStep, beat: Callable[[], None]) -> None:
        self._stream, self._batch, self._opened = stream, batch, opened
        assert batch.slot is not None
        self._feed = ChunkFeed(opened, batch, batch.slot, batch.run_name, stream, beat)
        self._chunks_ended = 0
        self._tell_at = self._lost_at = 0.0
        self._told: dict[str, object] = {}
        self._ended = opened.over
        self.over = False
        if opened.over:
            self._feed.say(end_step_over_items(opened))

    @classmethod
    def of(cls, stream: Stream, beat: Callable[[], None]) -> OverItems | None:
        """Of the step that runs. One whose items are settled may not have been told so: whoever was to do it died."""
        running = Step.objects.filter(batch=stream.batch_id, state=StepState.RUNNING).values("index")
        opened = ChunkedStep.objects.filter(batch=stream.batch_id, step__in=running).first()
        if opened is None:
            return None
        related = ("dataset", "target_dataset", "slot", "origin")
        return cls(stream, Batch.objects.select_related(*related).get(pk=stream.batch_id), opened, beat)

    def look(self) -> None:
        """Somebody rang: a lane has given something back, or has done the last chunk."""
        self._feed.look()

    def turn(self, chunks_ended: int) -> None:
        """Feed the lane, and end the step when nothing is left. Raises Fenced and database errors."""
        if chunks_ended != self._chunks_ended:
            self._chunks_ended = chunks_ended
            self._feed.look()
        dry = self._feed.turn(claims=not self._ended)
        if dry and self._feed.in_hand == 0 and is_settled(self._opened):
            self._tell()
            self._feed.say(end_step_over_items(self._opened))
            self._ended = True
        elif time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_EVERY_S
            self._tell()
        if time.monotonic() >= self._lost_at:
            self._lost_at = time.monotonic() + LOST_EVERY_S
            end_lost_help(self._batch)
        self.over = self._ended and self._feed.all_said

    def _tell(self) -> None:
        """How far the step is, into the batch's row and story, when that has changed."""
        figures = items_of([self._batch])[self._batch.pk]
        if figures == self._told:
            return
        with transaction.atomic():
            hold_story(self._stream)
            Batch.objects.filter(pk=self._batch.pk).update(progress=figures["progress"])
            append(self._stream.name, [Entry(Kind.ITEMS_PROGRESS, step=self._opened.step, data=figures)])
        self._told = figures
