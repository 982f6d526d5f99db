"""Interrupts a driver's questions at random moments and checks every answer. Run by test_interruption.

A process of its own, because an interruption that hits pytest's own hooks would spoil the test and not the driver.
"""

from __future__ import annotations

import json
import random
import signal
import sys
from types import FrameType
from typing import Any

from stations.drivers.loading import load_driver

LONGEST_US = 400  # about the time that an exchange takes, so that every part of it is hit


class Interrupted(BaseException):
    """What a stop or a timeout raises."""


class Interrupter:
    """Raises once, some time after it was armed, unless it was disarmed meanwhile."""

    armed = False

    def arm(self, after_s: float) -> None:
        self.armed = True
        signal.setitimer(signal.ITIMER_REAL, after_s)

    def disarm(self) -> None:
        self.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def strike(self, number: int, frame: FrameType | None) -> None:
        if self.armed:
            self.armed = False
            raise Interrupted


def main(settings: Any, prepare: list[str], questions: list[str], interruptions: int) -> None:
    interrupter, chance = Interrupter(), random.Random(20)
    signal.signal(signal.SIGALRM, interrupter.strike)
    driver = load_driver(settings)
    driver.open()
    for command in prepare:
        driver.write(command)
    expected = {question: driver.query(question) for question in questions}
    interrupted = 0
    while interrupted < interruptions:
        question = chance.choice(questions)
        try:
            interrupter.arm(chance.randrange(1, LONGEST_US) / 1e6)
            answer = driver.query(question)
            interrupter.disarm()
        except Interrupted:
            interrupted += 1
        else:
            assert answer == expected[question], f"{answer!r} to {question}"
    assert {question: driver.query(question) for question in questions} == expected
    sys.stdout.write(f"{interrupted} interruptions, every answer right\n")


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
