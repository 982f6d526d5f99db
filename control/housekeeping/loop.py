"""The loop: each duty at its own pace, none of them able to stop the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from control.housekeeping.contact import ContactWatch
from control.housekeeping.datasets import DatasetClearing, DatasetReaders
from control.housekeeping.guards import mirror_guards, reconcile_latches
from control.housekeeping.health import tell_calibrations_due
from control.housekeeping.heartbeat import beat
from control.housekeeping.schedules import ChoreRunner, fire_due_schedules
from control.housekeeping.spools import remove_old_spools
from control.housekeeping.sweep import drop_delivered_tasks, sweep, wake_abandoned
from control.housekeeping.unsafe import SafetyWatch
from control.housekeeping.watchers import watchers_of
from control.journal.bell import Listener
from control.lifecycle.idempotency import remove_old_keys
from control.lifecycle.recover import recover_crashed
from stations.safety.frozen import show_life

log = logging.getLogger(__name__)


@dataclass
class Duty:
    """A one-step function and when it is due. `rung`: also at once when the bell rings."""

    step: Callable[[], object]
    every_s: float
    rung: bool = False
    due_at: float = 0.0

    def do(self) -> None:
        self.due_at = time.monotonic() + self.every_s
        self.step()


def duties_of(station: str) -> list[Duty]:
    return [
        Duty(lambda: wake_abandoned(station), 0.2),
        Duty(lambda: reconcile_latches(station), 1.0, rung=True),
        Duty(SafetyWatch(station).turn, 0.1),
        Duty(lambda: beat(station), 1.0),
        Duty(lambda: sweep(station), 1.0),
        Duty(lambda: mirror_guards(station), 0.5),
        Duty(lambda: recover_crashed(station), 1.0),
        Duty(ContactWatch(station).tell_lost, 10.0),
        Duty(lambda: tell_calibrations_due(station), 60.0),
        *(Duty(watcher.turn, 30.0) for watcher in watchers_of(station)),
        Duty(lambda: fire_due_schedules(station, timezone.now()), 1.0),
        Duty(ChoreRunner(station).turn, 1.0),
        Duty(DatasetReaders(station).turn, 1.0, rung=True),
        Duty(DatasetClearing(station).turn, 5.0, rung=True),
        Duty(drop_delivered_tasks, 30.0),
        Duty(remove_old_keys, 3600.0),
        Duty(remove_old_spools, 3600.0),
    ]


def turn(duties: list[Duty], listener: Listener) -> None:
    """Do what is due, then wait for the next thing that will be."""
    now = time.monotonic()
    for duty in duties:
        if duty.due_at <= now:
            _attempt(duty)
    if listener.wait(max(0.0, min(duty.due_at for duty in duties) - time.monotonic())):
        for duty in duties:
            duty.due_at = 0.0 if duty.rung else duty.due_at


def _attempt(duty: Duty) -> None:
    show_life(settings.STATION_PATHS.heartbeat("housekeeping"))  # to the warden, which kills what is silent
    try:
        duty.do()
    except Error as error:
        log.warning("the database does not answer: %s", error)
        connection.close()
    except Exception:
        log.exception("a duty of the housekeeping failed, it is tried again")
