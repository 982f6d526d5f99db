"""manage.py bench: a bench that a person starts, breaks and looks at."""

from __future__ import annotations

import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.control.management.trying.desk import Desk
from tests.installations import wait_until

pytestmark = pytest.mark.any_database


@pytest.fixture
def desk(tmp_path: Path, settings: Any) -> Iterator[Desk]:
    made = Desk(tmp_path / "desk")
    settings.DATA_DIR = made.installation.data
    yield made
    made.installation.remove()


def said(*words: str) -> str:
    """What the command answers, called in this process."""
    out = io.StringIO()
    call_command("bench", *words, stdout=out)
    return out.getvalue()


def test_bench_that_is_not_there_is_told_with_how_to_start_one(desk: Desk) -> None:
    with pytest.raises(CommandError, match=r"No bench is running for .*Start one: manage.py bench, or manage.py start"):
        said("state")
    file = desk.installation.station_file
    file.write_text("\n".join(line for line in file.read_text().splitlines() if "simulation:" not in line))
    done = desk.manage("bench")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "has a `simulation`; give it to those to be played" in done.stderr


def test_bench_runs_breaks_tells_and_ends(desk: Desk) -> None:
    bench = desk.installation.start("bench")
    wait_until(lambda: "The bench is ready." in desk.installation.output(bench) or bench.poll() is not None)
    assert "supply-1 at TCPIP::127.0.0.1::" in desk.installation.output(bench)
    assert said("fault", "supply-1", "stuck_output", "on") == (
        "supply-1: output off, volts 0, amps 0  [stuck_output on]\n"
    )
    assert said("fault", "supply-1", "clear") == "supply-1: output off, volts 0, amps 0\n"
    with pytest.raises(CommandError, match=r"Noise takes a number, not ''."):
        said("fault", "supply-1", "noise")
    with pytest.raises(CommandError, match=r"The bench has no 'toaster'. It plays: supply-1,"):
        said("state", "toaster")
    told = json.loads(said("state", "supply-1", "--json"))
    assert told == {"supply-1": {"output": False, "volts": 0.0, "amps": 0.0, "faults": {}}}
    assert "\nboard-1: powered off, booted off, relay off" in said("state")
    bench.send_signal(signal.SIGINT)
    assert bench.wait(10) == 0


def test_help_lists_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("bench", "fault", "--help")
    told = " ".join(capsys.readouterr().out.split())
    for fault in ("mute", "slow SECONDS", "stuck_output [on|off]", "noise AMPLITUDE", "one_client", "clear"):
        assert fault in told
