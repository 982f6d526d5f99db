"""Trying a sequence on real instruments: it asks before, and whatever happens, they are off afterwards."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess

import pytest

from stations.contracts import Latch
from stations.safety.emergency import stop_slots
from stations.safety.latch import latch_slot
from tests.control.management.trying.desk import Desk
from tests.installations import wait_until
from tests.stations.bench.running_bench import RunningBench
from tests.stations.safety.station_under_test import latch

pytestmark = pytest.mark.any_database

MEASURE = "run.measure('mode', run.instruments.supply.read('mode'), equals='CV')"


@pytest.fixture
def real(desk: Desk, bench: RunningBench) -> Desk:
    desk.with_real_instruments(bench)
    return desk


def begun(real: Desk, bench: RunningBench) -> subprocess.Popen[str]:
    """A run that waits in its step, with the output on."""
    process = real.start(real.hardware("run.sleep(60)"), "--yes")
    wait_until(lambda: bench.state("supply-1")["output"] or process.poll() is not None, 30)
    assert process.poll() is None, real.installation.output(process)
    return process


def off_and_alone(real: Desk, bench: RunningBench) -> bool:
    return not bench.state("supply-1")["output"] and len(real.installation.processes()) == 0


def test_without_a_terminal_it_wants_a_yes(real: Desk, bench: RunningBench):
    done = real.attempt(real.hardware(MEASURE))
    assert (done.returncode, done.stdout) == (2, "")
    assert "test/slot-1 has real instruments, and nobody can be asked here. Say --yes" in done.stderr
    assert bench.commands("supply-1") == []


@pytest.mark.parametrize(("typed", "code"), [("n\n", 2), ("\n", 2), ("\x04", 2), ("y\n", 0)])
def test_at_a_terminal_it_asks_and_names_what_it_will_switch(real: Desk, bench: RunningBench, typed: str, code: int):
    with real.terminal(real.hardware(MEASURE)) as terminal:
        terminal.wait_for("Run it? [y/N]")
        assert (bench.commands("supply-1"), "supply: supply-1 at TCPIP::127.0.0.1::" in terminal.text) == ([], True)
        terminal.press(typed)
        assert terminal.end() == code, terminal.text
    assert bool(bench.commands("supply-1")) == (code == 0)


def test_real_slot_runs_and_is_safe_afterwards(real: Desk, bench: RunningBench):
    bench.fault("supply-1", "clear")
    done = real.attempt(real.hardware(MEASURE), "--yes", "--slot", "test/slot-1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0] == "A sample  sample 1.0  on test/slot-1"
    assert (bench.state("supply-1")["output"], list(real.installation.paths.spools.iterdir())) == (False, [])


def test_simulate_of_a_station_without_simulation_is_the_demo_bench(real: Desk, bench: RunningBench):
    done = real.attempt(real.hardware(MEASURE), "--simulate")
    assert (done.returncode, bench.commands("supply-1")) == (0, [])
    named = real.attempt("sample", "--simulate", "--slot", "slot-1")
    assert (named.returncode, "have no `simulation` in" in named.stderr) == (2, True)


def test_running_station_keeps_its_slots(real: Desk, bench: RunningBench):
    real.installation.paths.prepare()
    with real.installation.paths.warden_lock.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = real.attempt(real.hardware(MEASURE), "--yes")
    assert (done.returncode, bench.commands("supply-1")) == (2, [])
    assert "A station is already running on" in done.stderr
    assert "manage.py run_batch" in done.stderr


def test_latched_slot_stays_off(real: Desk, bench: RunningBench):
    real.installation.paths.prepare()
    latch_slot(real.installation.paths, "test/slot-1", Latch(**latch("smoke")))
    done = real.attempt(real.hardware(MEASURE), "--yes")
    assert (done.returncode, bench.commands("supply-1")) == (2, [])
    assert "test/slot-1 is latched by an emergency stop by Kim: smoke. When it is safe: manage.py reset" in done.stderr


def test_instrument_that_does_not_answer_is_named_before_anything_begins(real: Desk, bench: RunningBench):
    bench.fault("supply-1", "unplug")
    done = real.attempt(real.hardware(MEASURE), "--yes")
    assert (done.returncode, "cannot be made safe, so nothing was begun: Instrument supply-1" in done.stderr) == (
        2,
        True,
    )


def test_killed_command_leaves_instruments_off(real: Desk, bench: RunningBench):
    process = begun(real, bench)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: off_and_alone(real, bench), 10)


def test_killed_guard_is_replaced_and_makes_safe(real: Desk, bench: RunningBench):
    process = begun(real, bench)
    for pid in real.installation.processes():
        with open(f"/proc/{pid}/cmdline") as file:  # noqa: PTH123
            if "stations.safety.guard" in file.read():
                os.kill(pid, signal.SIGKILL)
    assert process.wait(30) == 6
    assert "The guard of the slot died during the run." in real.installation.output(process)
    assert off_and_alone(real, bench)


def test_emergency_stop_reaches_it(real: Desk, bench: RunningBench):
    process = begun(real, bench)
    stop_slots(real.installation.paths, ["test/slot-1"], latch("smoke"))
    assert process.wait(30) == 5
    assert off_and_alone(real, bench)
    assert "emergency stop of all by Kim: smoke" in real.installation.output(process)
