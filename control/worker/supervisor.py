"""Supervisors of runs: they ask the guard to run, import the spool, deliver wishes and chunks.

A supervisor owns nothing and may die at any time: another one goes on at the stored offset. One thread.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from contextlib import ExitStack

from django.conf import settings
from django.db import Error, connection

from control.journal.append import Fenced
from control.journal.bell import Listener
from control.lifecycle import presence
from control.lifecycle.chunks.help import (
    has_other_work,
    join,
    must_leave,
    show_help_lives,
    take_over_help,
    why_leave,
)
from control.lifecycle.claim import best_claimable, claim, take_over
from control.lifecycle.doorbell import ring_supervisor, wishes_of
from control.lifecycle.presence import Presence
from control.models import Batch, Helper, Stream
from control.states import ACTIVE
from control.worker.chunk_feed import ChunkFeed, can_work_here, leaving, release_given_up
from control.worker.hand_over import HandOver, help_job_of, job_of, takes_work
from control.worker.helper_follower import HelperFollower
from control.worker.over_items import OverItems
from control.worker.spool_bell import SpoolBell
from control.worker.spool_follower import BatchFollower, SpoolFollower
from control.worker.wishes import deliver_wishes
from stations.contracts import Job
from stations.models import Slot
from stations.safety import client

log = logging.getLogger(__name__)

IMPORT_EVERY_S = 0.05  # for lines that ring no bell
# Of a run over items there are many such lines, and a page costs nearly as much for one as for a hundred of them. The
# end of a chunk rings.
ITEMS_EVERY_S = 2.0
BEAT_EVERY_S = 1.0
COALESCE_S = 0.01  # a busy sequence fills a page meanwhile, which costs one transaction instead of many
LOOK_EVERY_S = 1.0  # the safety net for lost bells
BETTER_EVERY_S = 1.0  # a helping lane looks whether it is needed more elsewhere
SHOW_EVERY_S = 5.0  # that a helping lane lives; three times before it is taken for lost
DATABASE_RETRY_S = 0.25
GUARD_ANSWERS_S = 1.0


def take_up(slot_id: str) -> RunSupervisor | None:
    """Return a supervisor for what a slot runs without one, else for what waits for it, else for a batch that it can
    help; None when there is nothing.
    """
    with client.Caller(settings.STATION_PATHS) as guard:
        guard.send(slot_id, {"op": "status"})  # answered while the database is asked
        slot = Slot.objects.get(pk=slot_id)
        running = Stream.objects.filter(batch__slot=slot, batch__state__in=ACTIVE).select_related("batch").first()
        if running is not None:
            stream = None if presence.is_supervised(running.batch_id) else take_over(running)
            return Supervisor(stream) if stream is not None else None
        helping = Helper.objects.filter(slot=slot, ended_at=None).select_related("chunked_step").first()
        if helping is not None:
            helper = None if presence.is_supervised(helping.pk) else take_over_help(helping)
            return HelperSupervisor(helper) if helper is not None else None
        status = guard.receive(GUARD_ANSWERS_S)
        if not takes_work(status):
            release_given_up(slot_id, status)
            return None
        stream = claim(slot)
        if stream is not None:
            return Supervisor(stream)
        helper = join(slot, can_work_here)
        return HelperSupervisor(helper) if helper is not None else None


class RunSupervisor(ABC):
    """What is the same for every run. `name`: that of its run; `holder`: whose supervisor this is."""

    def __init__(self, batch: Batch, slot_id: str, name: str, holder: object, follower: SpoolFollower) -> None:
        self.batch, self.slot_id, self.name = batch, slot_id, name
        self.presence = Presence(holder, slot_id)
        self.follower = follower
        self.hand_over = HandOver(slot_id, self.job())
        self.page_due_at = self.errands_due_at = 0.0

    def run(self) -> bool:
        """Work until the run has ended: True. False when another supervisor has taken it over."""
        paths = settings.STATION_PATHS
        with ExitStack() as stack:
            stack.enter_context(self.presence)
            spool_bell = stack.enter_context(SpoolBell(paths.spool_bell(self.name)))
            listener = stack.enter_context(Listener(wishes_of(self.batch.pk)))
            stack.callback(self.follower.close)
            while not self.follower.over:
                self.presence.beat()
                try:
                    self.turn(listener, spool_bell)
                except Fenced:
                    self.follower.doubtful = True
                except (Error, OSError) as error:
                    # What failed is tried again as a whole: a page is written completely or not at all.
                    log.warning("the import has to wait: %s", error, extra={"batch": str(self.batch.pk)})
                    self.follower.doubtful = True
                    connection.close()
                    time.sleep(DATABASE_RETRY_S)
        return not self.follower.lost

    def turn(self, listener: Listener, spool_bell: SpoolBell) -> None:
        """One turn: hand over, do what people ask, import, wait for a reason to go on.

        What people ask comes first: they may stop what cannot be imported, on a full disk or because it never ends.
        """
        if self.follower.doubtful:
            if not self.follower.resynchronise():
                return
            self.begin_again()
        self.hand_over.ask()
        if time.monotonic() >= self.errands_due_at:
            self.errands()
            self.errands_due_at = time.monotonic() + LOOK_EVERY_S
        imported = time.monotonic() >= self.page_due_at and self.import_page()
        if self.follower.over:
            return
        self.after_page()
        if imported and self.follower.behind:
            rung = listener.wait(0.0)
        elif imported and not self.over_items:
            rung = listener.wait(COALESCE_S)
        else:
            rung = listener.wait(BEAT_EVERY_S if self.over_items else IMPORT_EVERY_S, spool_bell.fileno())
            if spool_bell.drain():
                self.page_due_at = 0.0
        if rung:
            self.errands_due_at = 0.0

    def import_page(self) -> bool:
        imported = self.follower.import_page()
        waits = self.over_items and not self.follower.behind
        self.page_due_at = time.monotonic() + ITEMS_EVERY_S if waits else 0.0
        return imported

    @property
    @abstractmethod
    def over_items(self) -> bool:
        """Whether it works on items now."""

    @abstractmethod
    def job(self) -> Job:
        """What the guard is told."""

    @abstractmethod
    def begin_again(self) -> None:
        """Forget what was to be handed out: a claim may be in the database of which nobody knows here."""

    @abstractmethod
    def after_page(self) -> None:
        """What may follow from what was imported. Called often: it asks the database only for a reason."""

    @abstractmethod
    def errands(self) -> None:
        """What is done when somebody rings, and once a second."""


class Supervisor(RunSupervisor):
    """That of a batch's own run."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.step_over_items: OverItems | None = None
        follower = BatchFollower(stream)
        super().__init__(stream.batch, stream.batch.slot_id or "", stream.batch.run_name, stream.batch_id, follower)

    @property
    def over_items(self) -> bool:
        return self.step_over_items is not None

    def job(self) -> Job:
        return job_of(self.batch)

    def begin_again(self) -> None:
        self.step_over_items = None

    def after_page(self) -> None:
        follower = self.follower
        assert isinstance(follower, BatchFollower)
        if self.step_over_items is None and follower.goes_over_items:
            self.step_over_items = OverItems.of(self.stream, self.presence.beat)
        if self.step_over_items is not None:
            self.step_over_items.turn(follower.chunks_ended)
            if self.step_over_items.over:
                self.step_over_items, follower.goes_over_items = None, False

    def errands(self) -> None:
        deliver_wishes(self.batch)
        if self.step_over_items is not None:
            self.step_over_items.look()


class HelperSupervisor(RunSupervisor):
    """That of a lane that works on the chunks of a batch which runs elsewhere."""

    def __init__(self, helper: Helper) -> None:
        self.helper = helper
        batch = Batch.objects.select_related("dataset", "target_dataset", "origin").get(pk=helper.chunked_step.batch_id)
        self.leaves = self.leaves_now = False  # whether its run was told so
        self.chunks_ended = 0
        self.better_due_at = self.shown_due_at = 0.0
        super().__init__(batch, helper.slot_id, str(helper.pk), helper.pk, HelperFollower(helper))
        self.feed = self.new_feed()

    over_items = True

    def new_feed(self) -> ChunkFeed:
        helper = self.helper
        return ChunkFeed(helper.chunked_step, self.batch, helper.slot, self.name, helper, self.beat)

    def beat(self) -> None:
        """To its own host by a file, to the others by a row."""
        self.presence.beat()
        if time.monotonic() >= self.shown_due_at:
            self.shown_due_at = time.monotonic() + SHOW_EVERY_S
            show_help_lives(self.helper)

    def job(self) -> Job:
        return help_job_of(self.helper, self.batch)

    def begin_again(self) -> None:
        self.feed = self.new_feed()
        self.leaves = self.leaves_now = False

    def after_page(self) -> None:
        if self.follower.chunks_ended != self.chunks_ended:
            self.chunks_ended = self.follower.chunks_ended
            self.feed.look()
            self.leave_for_better()
        if self.feed.turn(claims=not self.leaves) and self.feed.in_hand == 0:
            ring_supervisor(self.batch.pk)  # perhaps all is done
            self.leave()

    def errands(self) -> None:
        self.beat()
        if must_leave(self.helper):
            self.leave(now=True)
        else:
            self.leave_for_better()

    def leave_for_better(self) -> None:
        """Asked for with each chunk, and as often as it pays to ask."""
        if self.leaves or time.monotonic() < self.better_due_at:
            return
        self.better_due_at = time.monotonic() + BETTER_EVERY_S
        if not has_other_work(self.batch):
            return
        if why_leave(self.helper, best_claimable(self.helper.slot), can_work_here) is not None:
            self.leave()

    def leave(self, *, now: bool = False) -> None:
        """Let the lane go once its chunk is done, or `now` its item."""
        if self.leaves and not (now and not self.leaves_now):
            return
        self.leaves, self.leaves_now = True, self.leaves_now or now
        self.feed.say(leaving(self.feed.opened, now=now))
