"""The database is away for ten seconds in the middle of a run: the run goes on, its story arrives complete."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.installations import wait_until
from tests.system.database_away import server_stopped, write_lock
from tests.system.invariants import check_invariants
from tests.system.running_station import SLOT, Followed, RunningStation

# The fixtures of processes are chosen while the tests run.
pytestmark = [pytest.mark.database, pytest.mark.xdist_group("processes")]

AWAY_S = 10.0
STEPS, STEP_S = 60, 0.2

Away = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def database_away(request: pytest.FixtureRequest) -> tuple[RunningStation, Away]:
    """The station of a database that can be taken away, and the way to do it."""
    if request.config.getoption("--database") == "postgresql":
        installation = request.getfixturevalue("installation_on_own_postgresql")
        server = request.getfixturevalue("own_postgresql")
        return RunningStation(installation).start(), lambda: server_stopped(server)
    installation = request.getfixturevalue("installation")
    return RunningStation(installation).start(), lambda: write_lock(installation)


def steps_in_spool(batch: str, station: RunningStation) -> int:
    return sum(line["k"] == "step.ended" for line in station.spool(batch))


def test_run_goes_on_and_its_story_arrives_complete(database_away):
    station, away = database_away
    batch = station.begin(times=STEPS, seconds=STEP_S)
    name = batch.id
    with away():
        before = steps_in_spool(name, station)
        time.sleep(AWAY_S)
        during = steps_in_spool(name, station) - before
    assert during > 0.9 * AWAY_S / (STEP_S + 0.01)
    assert batch.exit_code() == 0, batch.output
    assert batch.verdict == ("COMPLETED", "PASS")
    assert batch.output.count("✓ work") == STEPS
    check_invariants(station)


def test_emergency_stop_works_meanwhile_and_is_recorded_once(database_away):
    station, away = database_away
    batch: Followed = station.begin(way="deadlock", seconds=60)
    name = batch.id
    with away():
        time.sleep(1.0)
        pressing = station.installation.start("estop", "--slot", SLOT)
        wait_until(lambda: "safe state confirmed" in station.installation.output(pressing), 10, "the answer")
        pressed_at = station.status()["latch"]["at"]
        assert station.bench.off_after(pressed_at) < 0.5
        assert station.bench.read_back() == "0"
        assert station.spool(name)[-1]["k"] == "batch.ended"
        time.sleep(AWAY_S - 1.0)
    assert pressing.wait(timeout=30) == 0, station.installation.output(pressing)
    assert batch.verdict == ("ABORTED", "NONE")
    recorded = "SELECT scope FROM control_controlevent WHERE kind = 'EMERGENCY_STOP'"
    assert wait_until(lambda: station.installation.query(recorded), 10, "the record") == [(SLOT,)]
    station.reset()
    assert station.run(seconds=0).verdict == ("COMPLETED", "PASS")
    assert station.installation.query(recorded) == [(SLOT,)]
    check_invariants(station)


def test_second_ctrl_c_switches_off_while_the_database_is_away(database_away):
    station, away = database_away
    batch: Followed = station.begin(way="deadlock", seconds=60)
    name = batch.id
    with away():
        for _ in range(2):
            time.sleep(1.0)
            pressed_at = time.time()
            batch.process.send_signal(signal.SIGINT)
        wait_until(lambda: station.bench.read_back() == "0", 10, "OFF")
        assert station.bench.off_after(pressed_at) < 0.5
        assert station.spool(name)[-1]["why"] == "emergency"
    assert batch.exit_code() == 5, batch.output
    assert "is latched. When it is safe: manage.py reset --slot demo/slot-1" in batch.output
    station.reset()
    check_invariants(station)
