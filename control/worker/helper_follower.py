"""The spool of a helping lane: what became of chunks and items, and what was logged meanwhile, in the batch's story."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from control.journal.append import Fenced, alert, append, lock_story
from control.journal.kinds import Kind, stream_of
from control.lifecycle.chunks.help import end_help
from control.lifecycle.chunks.settle import settle_items
from control.lifecycle.doorbell import ring_supervisor
from control.models import Batch, Helper
from control.states import LIVE
from control.worker.spool_follower import SpoolFollower
from control.worker.spool_import import OF_ITEMS, Line, Page

# Of what a helping lane tells, this belongs into the story of the batch; its beginning and end are those of a lane.
_TOLD = (Kind.LOG, Kind.ERROR, *OF_ITEMS)


class HelperFollower(SpoolFollower):
    """Ended by the last line of its spool, like that of a batch; then the lane is free again."""

    def __init__(self, helper: Helper) -> None:
        super().__init__(str(helper.pk), helper.spool_offset, helper.chunked_step.batch_id)
        self.helper = helper
        self.doubtful = helper.generation > 1

    def resynchronise(self) -> bool:
        found = Helper.objects.get(pk=self.helper.pk)
        if found.generation != self.helper.generation or found.ended_at is not None:
            self.over = self.lost = True
            return False
        self.offset = found.spool_offset
        self.doubtful = False
        return True

    def write(self, lines: Sequence[Line], offset: int) -> None:
        told = [line for line in lines if line["k"] in _TOLD]
        last = next((line for line in lines if line["k"] == Kind.BATCH_ENDED), None)
        with transaction.atomic():
            lock_story(self.batch_id)
            if not self.move(offset):
                raise Fenced(str(self.helper.pk))
            batch = Batch.objects.only("state", "name", "slot").get(pk=self.batch_id)
            if batch.state in LIVE:
                page = Page(batch)
                for line in told:
                    page.take(line)
                if page.entries:
                    append(stream_of(batch.pk), page.entries)
                alert(page.alerts())
                if page.of_items:
                    settle_items(batch.pk, self.helper.slot_id, page.of_items)
            if last is not None:
                end_help(self.helper, lost=last["why"] != "finished", at=timezone.now())
                ring_supervisor(batch.pk)
        self.over = last is not None
        self.chunks_ended += sum(line["k"] == Kind.CHUNK_ENDED for line in told)

    def move(self, offset: int) -> bool:
        mine = Helper.objects.filter(
            pk=self.helper.pk, generation=self.helper.generation, spool_offset=self.offset, ended_at=None
        )
        return bool(mine.update(spool_offset=offset, seen_at=Now()))
