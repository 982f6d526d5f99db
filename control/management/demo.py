"""The demo batch of a start: a board test that moves long enough to be looked at, on simulated instruments alone."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db import Error, connection

from control.lifecycle.refusals import Refused
from control.lifecycle.submit import Order, submit
from control.management.refusing import person_at_the_keyboard
from control.models import Batch
from control.states import State
from stations.station_file import Station

SEQUENCE = "board_test"
# About half a minute, with something new on the page every few tenths of a second.
PARAMETERS = {"sweep_points": 31, "settle_time": 0.3, "burn_in_time": 15.0}
MOVING_WITHIN_S = 10.0
LOOK_EVERY_S = 1.0


class NoDemo(Exception):
    """Why there is no demo batch, in one sentence."""


def begin_demo(described: Station) -> Batch:
    """Submit the demo batch. Raises NoDemo: a start may never switch on anything that is not simulated."""
    if not described.slots:
        raise NoDemo("It shows a board on its slot, and this station has none.")
    simulated = [name for name, instrument in described.instruments.items() if instrument.simulation]
    slot = next((each.id for each in described.slots if set(each.instruments.values()) <= set(simulated)), None)
    if slot is None:
        raise NoDemo("Every slot has real instruments.")
    order = Order(SEQUENCE, f"{described.id}/{slot}", subject="DEMO-1", parameters=PARAMETERS)
    try:
        return submit(order, by=person_at_the_keyboard(), trigger=Batch.Trigger.MANUAL, reason="manage.py start")
    except Refused as refusal:
        raise NoDemo(str(refusal)) from refusal


class DemoWatch:
    """Tells what became of the demo batch."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._look_at = 0.0
        self._told = False

    def wait_until_moving(self, pause: Callable[[float], None]) -> bool:
        """Wait until it has left its queue; False when it still waits, for example behind another one."""
        until = time.monotonic() + MOVING_WITHIN_S
        while time.monotonic() < until:
            self.batch.refresh_from_db()
            if self.batch.state != State.QUEUED:
                return True
            pause(0.02)
        return False

    def verdict(self) -> str | None:
        """How it ended, once; None before and after. Looks at most once a second."""
        now = time.monotonic()
        if self._told or now < self._look_at:
            return None
        self._look_at = now + LOOK_EVERY_S
        try:
            self.batch.refresh_from_db()
        except (Error, Batch.DoesNotExist):
            connection.close()
            return None
        if self.batch.ended_at is None:
            return None
        self._told = True
        lasted = (self.batch.ended_at - (self.batch.started_at or self.batch.ended_at)).total_seconds()
        outcome = self.batch.outcome if self.batch.outcome != "NONE" else self.batch.state
        return f"{self.batch.name}: {outcome} after {lasted:.0f} s"
