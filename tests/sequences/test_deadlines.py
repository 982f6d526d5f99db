"""The deadlines that the guard hears of."""

from __future__ import annotations

import time

import pytest

from sequences import trial


class Clock(trial.Desk):
    """Notes how far away each announced deadline is."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def announce_deadline(self, at):
        self.seconds.append(None if at is None else round(at - time.monotonic(), 1))


def announced(package):
    desk = Clock()
    trial.run(package, desk=desk)
    return desk.seconds


def test_each_deadline_is_announced_when_it_begins(write_package):
    steps = """
    @step(timeout_s=5)
    def a(self, run): pass
    @step
    def b(self, run): pass
    @teardown
    def off(self, run): pass
    """
    # preparation, a, b without one, teardown, closing the instruments, over
    assert announced(write_package(steps)) == [30.0, 5.0, None, 10.0, 10.0, None]


def test_nearer_deadline_is_announced(write_package):
    steps = "@step(timeout_s=5)\ndef a(self, run): pass\n@step(timeout_s=90)\ndef b(self, run): pass"
    assert announced(write_package(steps, "timeout_s: 60")) == [30.0, 5.0, 60.0, 10.0, None]


def test_deadline_of_a_step_does_not_hold_for_the_wait_before_its_next_attempt(write_package):
    steps = "@step(timeout_s=5, attempts=2, retry_delay_s=0.01)\ndef a(self, run): run.retry('no')"
    assert announced(write_package(steps)) == [30.0, 5.0, None, 5.0, 10.0, None]


@pytest.mark.parametrize("repeat", [1, 3])
def test_steps_without_timeouts_announce_nothing(write_package, repeat):
    assert announced(write_package(f"@step(repeat={repeat})\ndef a(self, run): pass")) == [30.0, None, 10.0, None]
