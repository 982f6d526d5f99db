"""Stops and timeouts that arrive as real signals, at any moment."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest

import sequences
from sequences import interrupts, trial
from sequences.interrupts import Stopped, interruptible, request, shielded

STOP = signal.SIGUSR1


@pytest.fixture(autouse=True)
def stop_signal(monkeypatch) -> Iterator[None]:
    """SIGUSR1 asks for a stop, as a guard does."""
    # A destructor that runs in a step loses the stop, which comes again; what Python tells of that is no failure.
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    before = signal.signal(STOP, lambda _, frame: request(Stopped("control-1", "enough"), frame))
    yield
    signal.signal(STOP, before)
    with interrupts.listening(lambda now: None):
        pass  # forgets what came too late


class AtWork(trial.Desk):
    """Knows when the step `work` has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()

    def emit(self, kind: str, **fields: Any) -> None:
        super().emit(kind, **fields)
        if kind == "step.started" and fields["name"] == "work":
            self.begun.set()


@contextmanager
def stop_after(*seconds: float, begun: threading.Event | None = None) -> Iterator[None]:
    """Signals to the main thread, as `seconds` pass one after the other, once something has begun."""
    over = threading.Event()

    def send() -> None:
        if begun is not None:
            begun.wait(10)
        for pause in seconds:
            if over.wait(pause):
                return
            signal.pthread_kill(threading.main_thread().ident or 0, STOP)

    sender = threading.Thread(target=send)
    sender.start()
    yield
    over.set()
    sender.join()


BLOCKS = {
    "sleep of the run": "run.sleep(20)",
    "sleep of Python": "time.sleep(20)",
    "busy loop": "while True: pass",
    "busy loop of measurements": "for n in range(10**9): run.measure(str(n), n)",
    "loop with except": "while True:\n        try: time.sleep(0.01)\n        except Exception: pass",
    "blocked read": "os.read(os.pipe()[0], 1)",
    "loop of log lines": "while True: run.log('x')",
    "loop of boundaries": "while True: run.boundary()",
}


def package_of(write_package: Callable[..., Path], body: str, options: str = "") -> Path:
    steps = f"""@step({options})
def work(self, run):
    {body}
@step
def later(self, run): pass
@teardown
def off(self, run): time.sleep(0.01)
"""
    return write_package(steps)


@pytest.mark.parametrize("body", BLOCKS.values(), ids=BLOCKS)
def test_stop_ends_whatever_a_step_does(write_package, body):
    package = package_of(write_package, body)
    desk = AtWork()
    with stop_after(0.05, begun=desk.begun):
        record = trial.run(package, desk=desk)
    assert record.outcomes == {"work": "NONE", "later": "SKIPPED", "off": "PASS"}
    (control,) = record.of_kind("control")
    assert (control["control"], control["word"]) == ("control-1", "stop")
    assert control["message"] == "stop obeyed in step 'work'"
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("stopped", "NONE")
    assert record.verdict["message"] == "Stopped in step 'work': enough."


@pytest.mark.parametrize("body", BLOCKS.values(), ids=BLOCKS)
def test_timeout_ends_whatever_a_step_does(write_package, body):
    record = trial.run(package_of(write_package, body, "timeout_s=0.05"))
    assert record.outcomes == {"work": "TIMEOUT", "later": "SKIPPED", "off": "PASS"}
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "TIMEOUT")
    assert record.verdict["message"] == "Step 'work' timed out: it took longer than its 0.05 s"
    assert record.of_kind("error")[0]["exception"] == "StepTimeout"


def test_timeout_of_the_sequence_ends_the_running_step(write_package):
    steps = """
    @step(timeout_s=20)
    def work(self, run): run.sleep(20)
    @step
    def later(self, run): pass
    @teardown
    def off(self, run): time.sleep(0.2)
    """
    record = trial.run(write_package(steps, "timeout_s: 0.1"))
    assert record.outcomes == {"work": "TIMEOUT", "later": "SKIPPED", "off": "PASS"}
    assert record.steps[0]["message"] == "it was running when the sequence's 0.1 s were over"
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "TIMEOUT")


SWALLOWS = "try: time.sleep(20)\n    except BaseException: pass\n    time.sleep(20)"


def test_step_that_swallows_a_timeout_gets_it_again(write_package):
    record = trial.run(package_of(write_package, SWALLOWS, "timeout_s=0.05"))
    assert record.outcomes["work"] == "TIMEOUT"
    assert record.steps[0]["duration_ms"] < 2000


def test_step_that_swallows_a_stop_gets_it_again(write_package):
    package = package_of(write_package, SWALLOWS)
    desk = AtWork()
    with stop_after(0.05, begun=desk.begun):
        record = trial.run(package, desk=desk)
    assert record.outcomes == {"work": "NONE", "later": "SKIPPED", "off": "PASS"}


@pytest.mark.parametrize("ending", ["pass", "raise OSError('in between')", "return 5", "run.fail('bad')"])
def test_step_that_swallows_a_timeout_and_ends_did_time_out(write_package, ending):
    body = f"try: time.sleep(20)\n    except BaseException: {ending}"
    record = trial.run(package_of(write_package, body, "timeout_s=0.05"))
    assert record.outcomes == {"work": "TIMEOUT", "later": "SKIPPED", "off": "PASS"}


def test_teardown_is_not_stopped(write_package):
    steps = """
    @step
    def work(self, run): pass
    @teardown
    def off(self, run):
        signal.raise_signal(signal.SIGUSR1)
        run.sleep(0.05)
        run.log("is off")
    """
    record = trial.run(write_package(steps))
    assert record.outcomes == {"work": "PASS", "off": "PASS"}
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("completed", "PASS")


def test_teardown_that_hangs_is_ended_by_its_own_timeout(write_package):
    steps = """
    @step
    def work(self, run): signal.raise_signal(signal.SIGUSR1)
    @teardown(timeout_s=0.05)
    def hang(self, run): run.sleep(20)
    @teardown
    def off(self, run): pass
    """
    record = trial.run(write_package(steps))
    assert record.outcomes == {"work": "NONE", "hang": "TIMEOUT", "off": "PASS"}
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "TIMEOUT")


def test_stop_before_the_run_begins_no_step(write_package):
    package = package_of(write_package, "pass")
    signal.raise_signal(STOP)
    record = trial.run(package)
    assert record.of_kind("step.started") == []
    assert record.verdict["ending"] == "stopped"


def test_timeout_does_not_hit_the_next_step(write_package):
    steps = """
    @step(repeat=200, timeout_s=0.002)
    def quick(self, run):
        end = time.perf_counter() + 0.0018
        while time.perf_counter() < end: pass
    @step(timeout_s=5)
    def slow(self, run): time.sleep(0.005)
    """
    record = trial.run(write_package(steps, "retry: {attempts: 1}"))
    quick = [step for step in record.steps if step["name"] == "quick" and step["outcome"] != "SKIPPED"]
    assert all(step["outcome"] == "PASS" for step in quick[:-1])
    # The deadline is set a moment before the duration begins to count.
    assert all(step["duration_ms"] >= 1.9 for step in quick if step["outcome"] == "TIMEOUT")
    assert record.outcomes["slow"] in ("PASS", "SKIPPED")


def test_shielded_code_is_left_alone_until_it_is_over():
    seen = []

    @shielded
    def engine() -> None:
        signal.raise_signal(STOP)
        seen.append("engine went on")

    def user() -> None:
        engine()
        time.sleep(20)

    with interrupts.listening(lambda now: None), pytest.raises(Stopped):
        interruptible(user)
    assert seen == ["engine went on"]


def test_interruptible_call_within_shielded_code_may_be_interrupted():
    @shielded
    def engine() -> None:
        interruptible(lambda: time.sleep(20))

    with interrupts.listening(lambda now: None), stop_after(0.02), pytest.raises(Stopped):
        interruptible(engine)


QUICK = """
@setup
def on(self, run): run.log("on")
@step(repeat=3, timeout_s=5)
def work(self, run): run.measure("x", 1, maximum=2)
@step
def rest(self, run): run.boundary()
@teardown
def off(self, run): run.log("off")
"""


def check_story(record: trial.Record) -> None:
    """Wherever the stop struck: every begun step ended once, and what was set up was torn down."""
    begun = [(line["step"], line["attempt"]) for line in record.of_kind("step.started")]
    ended = [(line["step"], line["attempt"]) for line in record.attempts if line["outcome"] != "SKIPPED"]
    assert ended == begun
    assert record.verdict["ending"] in ("stopped", "completed")
    obeyed = [line for line in record.of_kind("control") if line["message"].startswith("stop obeyed")]
    assert len(obeyed) == (record.verdict["ending"] == "stopped")
    assert sum(step["outcome"] == "NONE" for step in record.steps) <= 1
    if record.of_kind("batch.started"):
        assert record.outcomes["off"] == ("PASS" if begun else "SKIPPED")


# Stopped in the middle of an import, Python closes the file by itself, and says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_stop_at_random_moments_leaves_a_whole_story(write_package):
    package, random = write_package(QUICK), Random(5)
    for _ in range(60):
        with stop_after(*(random.uniform(0, 0.004) for _ in range(3))):
            check_story(trial.run(package))


class StopAtOpcode:
    """Calls the signal handler between two bytecodes of the engine or the step: the `number`-th ones of a run."""

    def __init__(self, number: int, package: Path) -> None:
        self.left = number
        self._folders = (str(Path(sequences.__path__[0])), str(package))

    def __call__(self, frame: FrameType, event: str, _: object) -> StopAtOpcode | None:
        if not frame.f_code.co_filename.startswith(self._folders):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and interrupts._state.expired is not None:
            self.left -= 1
            if self.left == 0:
                request(Stopped("control-1", "enough"), frame)
        return self


def run_traced(package: Path, tracer: StopAtOpcode) -> trial.Record:
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        return trial.run(package)
    finally:
        sys.settrace(before)


def test_stop_between_any_two_bytecodes_leaves_a_whole_story(write_package):
    package = write_package(QUICK)
    counter = StopAtOpcode(1_000_000_000, package)
    run_traced(package, counter)
    total = 1_000_000_000 - counter.left
    for number in [*range(1, total, total // 60), *range(total * 9 // 10, total, 23)]:
        check_story(run_traced(package, StopAtOpcode(number, package)))
