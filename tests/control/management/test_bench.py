"""manage.py bench: a bench that a person starts, breaks and looks at."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control.management.trying.desk import Desk
from tests.installations import wait_until

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("desk"))
    yield made
    made.installation.remove()


def test_without_a_bench_it_says_how_to_start_one(desk: Desk) -> None:
    done = desk.manage("bench", "state")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"No bench is running for {desk.installation.data}" in done.stderr
    assert "Start one: manage.py bench, or manage.py start" in done.stderr


def test_station_without_simulated_instruments_is_told_so(desk: Desk, tmp_path: Path) -> None:
    file = desk.installation.station_file
    text = file.read_text()
    file.write_text("\n".join(line for line in text.splitlines() if "simulation:" not in line))
    done = desk.manage("bench")
    file.write_text(text)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "has a `simulation`; give it to those to be played" in done.stderr


def test_bench_runs_breaks_tells_and_ends(desk: Desk) -> None:
    bench = desk.installation.start("bench")
    wait_until(lambda: "The bench is ready." in desk.installation.output(bench) or bench.poll() is not None)
    assert "supply-1 at TCPIP::127.0.0.1::" in desk.installation.output(bench)
    stuck = desk.manage("bench", "fault", "supply-1", "stuck_output", "on")
    assert stuck.stdout == "supply-1: output off, volts 0, amps 0  [stuck_output on]\n"
    assert desk.manage("bench", "fault", "supply-1", "clear").stdout == "supply-1: output off, volts 0, amps 0\n"
    wrong = desk.manage("bench", "fault", "supply-1", "noise")
    assert (wrong.returncode, "Noise takes a number, not ''." in wrong.stderr) == (1, True)
    unknown = desk.manage("bench", "state", "toaster").stderr
    assert "The bench has no 'toaster'. It plays: supply-1," in unknown
    told = desk.manage("bench", "state", "supply-1", "--json").stdout
    assert json.loads(told) == {"supply-1": {"output": False, "volts": 0.0, "amps": 0.0, "faults": {}}}
    assert "\nboard-1: powered off, booted off, relay off" in desk.manage("bench", "state").stdout
    bench.send_signal(signal.SIGINT)
    assert bench.wait(10) == 0


def test_help_lists_every_fault(desk: Desk) -> None:
    told = desk.manage("bench", "fault", "--help").stdout
    for fault in ("mute", "slow SECONDS", "stuck_output [on|off]", "noise AMPLITUDE", "one_client", "clear"):
        assert fault.split()[0] in told
        assert fault in " ".join(told.split())
