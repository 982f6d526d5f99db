"""The test kit: what a record tells, and that a bench of one's own ends with whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sequences import trial
from tests.installations import HOUSE, alive, wait_until

FAILING_TEST = """
from sequences import trial

def test_weight():
    record = trial.run("sample")
    assert record.passed, record.story
"""
HARDWARE = """
@setup
def switch_on(self, run):
    run.instruments.supply.set("voltage", 5)
    run.instruments.supply.set("output", True)

@step(attempts=2)
def measure(self, run):
    run.log("a word")
    run.measure("current", run.instruments.supply.read("measured_current"), "A", maximum=0.2)
    run.record_curve("curve", columns={"a": "V"}, rows=[[1], [2]])

@teardown
def switch_off(self, run):
    run.instruments.supply.set("output", False)
"""


@pytest.fixture(scope="module")
def played():
    with trial.simulated_bench() as bench:
        yield bench


@pytest.fixture
def bench(played):
    played.reset()
    return played


def test_record_of_a_pass(bench, write_package):
    record = trial.run(write_package(HARDWARE, "instruments: {supply: x}"), slot=bench.slot())
    assert (record.passed, record.errors, record.logs) == (True, [], ["a word"])
    assert record.measurements["current"]["value"] == pytest.approx(0.1, abs=0.02)
    assert repr(record) == "<sample PASS: Every step passed. (switch_on PASS, measure PASS, switch_off PASS)>"
    assert bench.state("supply")["output"] is False
    assert bench.commands("supply")[-1] == "SYST:ERR?"


def test_story_of_a_failure_says_where_and_why(bench, write_package):
    bench.fault("supply-1", "drift", 1)
    record = trial.run(write_package(HARDWARE, "instruments: {supply: x}"), slot=bench.slot())
    first, *steps = record.story.splitlines()
    assert first.startswith("sample FAIL: Step 'measure' failed: current: 1.1")
    assert [line.split()[:2] for line in steps if not line.startswith("    ")] == [
        ["PASS", "switch_on"],
        ["FAIL", "measure"],
        ["FAIL", "measure"],
        ["PASS", "switch_off"],
    ]
    assert [line.split()[:2] for line in steps[2:5]] == [["INFO", "a"], ["current", "="], ["curve", "="]]
    assert record.passed is False


def test_failing_assertion_shows_the_story(tmp_path, write_package):
    write_package("@step\ndef weigh(self, run): run.measure('weight', 3, 'kg', maximum=2)")
    (tmp_path / "test_weight.py").write_text(FAILING_TEST)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_weight.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "AssertionError: sample FAIL: Step 'weigh' failed: weight: 3 kg is above the maximum 2 kg" in done.stdout
    assert "weight = 3 kg   FAIL   ≤ 2 kg" in done.stdout


def test_package_that_is_nowhere_is_refused_with_its_place(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"no folder {tmp_path}/lost: name the folder of a sequence package"):
        trial.run(tmp_path / "lost")


def test_error_and_unprepared_run_are_told(write_package):
    record = trial.run(write_package("@step\ndef a(self, run): 1 / 0"))
    assert record.errors == ["ZeroDivisionError: division by zero"]
    unprepared = trial.run(write_package("@step\ndef a(self, run): pass", "instruments: {supply: x}", name="other"))
    assert "MissingInstrument: The slot has no instrument for supply" in unprepared.story


def test_record_before_its_end_has_no_verdict():
    assert repr(trial.Desk().record) == "< has no verdict (no step)>"


def test_long_story_keeps_its_end(write_package):
    record = trial.run(write_package("@step(repeat=300)\ndef a(self, run): pass"))
    lines = record.story.splitlines()
    assert (len(lines), lines[1]) == (202, "  … 100 lines before")


SCRIPT = """
import sys, time
from sequences import trial
with trial.simulated_bench() as bench:
    print(bench.process.pid, bench.folder, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_bench_ends_with_its_test_whatever_becomes_of_it(number: signal.Signals):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE)}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    pid, folder = process.stdout.readline().split()
    assert (alive(int(pid)), Path(folder).is_dir()) == (True, True)
    process.send_signal(number)
    process.wait(10)
    process.stdout.close()
    wait_until(lambda: not alive(int(pid)), 10)
    wait_until(lambda: not Path(folder).exists(), 10)
