"""The supervisor of one running batch: asks the guard to run it, imports its spool, delivers wishes.

It owns nothing and may die at any time: another one goes on at the stored offset. One thread.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack

from django.conf import settings
from django.db import Error, connection

from control.journal.append import Fenced
from control.journal.bell import Listener
from control.lifecycle import presence
from control.lifecycle.claim import claim, take_over
from control.lifecycle.doorbell import wishes_of
from control.lifecycle.presence import Presence
from control.models import Stream
from control.states import ACTIVE
from control.worker.hand_over import HandOver, takes_work
from control.worker.spool_bell import SpoolBell
from control.worker.spool_follower import SpoolFollower
from control.worker.wishes import deliver_wishes
from stations.models import Slot
from stations.safety import client

log = logging.getLogger(__name__)

IMPORT_EVERY_S = 0.05  # for lines that ring no bell
COALESCE_S = 0.01  # a busy sequence fills a page meanwhile, which costs one transaction instead of many
LOOK_EVERY_S = 1.0  # the safety net for lost bells
DATABASE_RETRY_S = 0.25
GUARD_ANSWERS_S = 1.0


def take_up(slot_id: str) -> Supervisor | None:
    """Return a supervisor for what a slot runs without one, else for what waits for it; None when there is nothing."""
    with client.Caller(settings.STATION_PATHS) as guard:
        guard.send(slot_id, {"op": "status"})  # answered while the database is asked
        slot = Slot.objects.get(pk=slot_id)
        running = Stream.objects.filter(batch__slot=slot, batch__state__in=ACTIVE).select_related("batch").first()
        if running is not None:
            stream = None if presence.is_supervised(running.batch_id) else take_over(running)
        else:
            stream = claim(slot) if takes_work(guard.receive(GUARD_ANSWERS_S)) else None
    return Supervisor(stream) if stream is not None else None


class Supervisor:
    def __init__(self, stream: Stream) -> None:
        self.batch = stream.batch
        self.follower = SpoolFollower(stream)
        self.hand_over = HandOver(self.batch)
        self.wishes_due_at = 0.0

    def run(self) -> bool:
        """Work until the batch has ended: True. False when another supervisor has taken it over."""
        paths = settings.STATION_PATHS
        with ExitStack() as stack:
            sign_of_life = stack.enter_context(Presence(self.batch.pk, self.batch.slot_id or ""))
            spool_bell = stack.enter_context(SpoolBell(paths.spool_bell(str(self.batch.pk))))
            listener = stack.enter_context(Listener(wishes_of(self.batch.pk)))
            stack.callback(self.follower.close)
            while not self.follower.over:
                sign_of_life.beat()
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
        """One turn: hand over, import, wait for a reason to go on, deliver."""
        if self.follower.doubtful and not self.follower.resynchronise():
            return
        self.hand_over.ask()
        imported = self.follower.import_page()
        if self.follower.over:
            return
        if imported:
            rung = listener.wait(0.0 if self.follower.behind else COALESCE_S)
        else:
            rung = listener.wait(IMPORT_EVERY_S, spool_bell.fileno())
            spool_bell.drain()
        if rung:
            self.wishes_due_at = 0.0
        # Also between two pages: a step that never stops writing must not keep its own stop waiting.
        if time.monotonic() >= self.wishes_due_at:
            deliver_wishes(self.batch)
            self.wishes_due_at = time.monotonic() + LOOK_EVERY_S
