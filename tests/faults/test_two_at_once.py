"""Two things at once: somebody steers a batch just when the part that would carry it out is gone."""

from __future__ import annotations

import signal

import pytest

from tests.faults.activities import ACTIVITIES
from tests.installations import wait_until
from tests.system.invariants import check_invariants

pytestmark = [pytest.mark.database, pytest.mark.xdist_group("processes")]

SLEEP = next(activity for activity in ACTIVITIES if activity.name == "sleep")


def test_stop_reaches_the_run_of_a_supervisor_that_was_replaced(station):
    batch = SLEEP.begin(station, 8)
    station.kill("supervisor")
    station.steer(batch, "stop")
    wait_until(lambda: station.ended(batch), 20, "its end")
    assert station.verdict(batch.id) == ("STOPPED", "NONE")
    assert station.bench.switching() == ["on", "off"]
    check_invariants(station, stories=[batch.id])


@pytest.mark.any_database
def test_emergency_stop_goes_past_a_frozen_guard(station):
    batch = SLEEP.begin(station, 8)
    station.kill("guard", signal.SIGSTOP)
    assert station.bench.off_after(station.press()) < 0.5
    wait_until(lambda: station.ended(batch), 20, "its end")
    assert station.verdict(batch.id)[0] in ("ABORTED", "CRASHED")
    station.settle(40)
    check_invariants(station, stories=[batch.id])
