"""An exception from a signal handler may hit a driver anywhere, and no later answer is ever wrong."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.stations.bench.running_bench import RunningBench


@pytest.mark.parametrize(
    ("role", "prepare", "questions"),
    [("supply", ["VOLT 4.5", "CURR 1.25"], ["VOLT?", "CURR?", "*IDN?"]), ("board", [], ["RELAY?", "ECHO abc"])],
)
def test_interrupted_exchange_never_spoils_a_later_answer(
    bench: RunningBench, role: str, prepare: list[str], questions: list[str]
) -> None:
    arguments = json.dumps([bench.instruments[role], prepare, questions, 500])
    command = [sys.executable, "-m", "tests.stations.drivers.interrupting", arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout == "500 interruptions, every answer right\n", done.stderr
