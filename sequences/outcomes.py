"""Outcomes of measurements, steps and runs, and the table that turns what happened in a run into its verdict."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Outcome(StrEnum):
    """FAIL: the subject was judged bad. ERROR: it could not be judged. NONE: no judgement was asked for."""

    NONE = "NONE"
    SKIPPED = "SKIPPED"
    PASS = "PASS"
    FAIL = "FAIL"
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"


SEVERITY = {outcome: rank for rank, outcome in enumerate(Outcome)}


def worst(first: Outcome, second: Outcome) -> Outcome:
    return first if SEVERITY[first] >= SEVERITY[second] else second


class Happening(StrEnum):
    """What can become of a run, from the least to the worst. The worst one that happened decides."""

    ALL_PASSED = "every step ran and every limit held"
    STEP_FAILED = "a limit failed"
    FAILURE_ENDED_IT = "a failed step ended it"
    STOPPED = "somebody stopped it and the teardown ran"
    TIMED_OUT = "a step or the sequence took too long"
    NOT_READY = "an instrument is missing or the package is invalid"
    LIMIT_EXCEEDED = "a resource limit was exceeded"
    EXCEPTION = "a step raised an exception"


VERDICTS: dict[Happening, tuple[Literal["completed", "failed", "stopped"], Outcome]] = {
    Happening.ALL_PASSED: ("completed", Outcome.PASS),
    Happening.STEP_FAILED: ("completed", Outcome.FAIL),
    Happening.FAILURE_ENDED_IT: ("completed", Outcome.FAIL),
    Happening.STOPPED: ("stopped", Outcome.NONE),
    Happening.TIMED_OUT: ("failed", Outcome.TIMEOUT),
    Happening.NOT_READY: ("failed", Outcome.ERROR),
    Happening.LIMIT_EXCEEDED: ("failed", Outcome.ERROR),
    Happening.EXCEPTION: ("failed", Outcome.ERROR),
}

_RANK = {happening: rank for rank, happening in enumerate(Happening)}


def worse(first: Happening, second: Happening) -> Happening:
    return first if _RANK[first] >= _RANK[second] else second
