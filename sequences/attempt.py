"""One attempt at one step: call it, and judge what came of it."""

from __future__ import annotations

import errno
import json
import os
import resource
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sequences import interrupts
from sequences.deadlines import Deadlines
from sequences.host import GuardLost, SpoolFull
from sequences.interrupts import Interrupt, LimitExceeded, SkipRequested, Stopped, interruptible
from sequences.outcomes import Outcome
from sequences.plan import Step
from sequences.prompts import PromptTimeout
from sequences.recorder import Recorder
from sequences.run import Run, StepExit
from stations.drivers.instrument_error import InstrumentError

RESULT_LIMIT = 64 * 1024  # characters of JSON
TRACEBACK_LIMIT = 16 * 1024  # characters, the last ones


@dataclass(slots=True)
class Attempt:
    """What came of an attempt. `problem` is the exception or interrupt that ended it, if one did."""

    outcome: Outcome
    message: str
    marginal: bool
    duration_ms: float
    result: Any = None
    problem: BaseException | None = None
    counts: dict[str, int] = field(default_factory=dict)  # input_count and output_count, as far as the step said so


def attempt_step(
    step: Step, run: Run, recorder: Recorder, deadlines: Deadlines, method: Callable[[Run], Any] | None = None
) -> Attempt:
    """Run the step once, by `method` if not by its own. Raises GuardLost and nothing else."""
    result: Any = None
    problem: BaseException | None = None
    here = os.getpid()
    deadlines.begin_step(step.timeout_s)
    began = time.perf_counter()
    try:
        result = interruptible(method or step.method, run)
        if result is not None:
            check_result(result)
    except StepExit:
        problem = interrupts.wanted()
    except GuardLost:
        raise
    except BaseException as raised:
        problem = interrupts.wanted() or open_files_exceeded(raised) or raised
    # A child that the step has forked must not judge, write, and switch off what its parent still uses.
    if os.getpid() != here:
        os._exit(0 if problem is None else 1)
    duration_ms = round((time.perf_counter() - began) * 1000, 3)
    deadlines.end_step()
    if problem is None:
        return Attempt(
            recorder.outcome, recorder.message, recorder.marginal, duration_ms, result, counts=recorder.counts
        )
    return Attempt(
        outcome_of(problem),
        describe(problem),
        recorder.marginal,
        duration_ms,
        problem=problem,
        counts=recorder.counts,
    )


def check_result(result: Any) -> None:
    """Raises TypeError or ValueError when a result cannot be kept."""
    try:
        size = len(json.dumps(result, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"the result cannot be kept as JSON: {error}") from error
    if size > RESULT_LIMIT:
        raise ValueError(f"the result is larger than {RESULT_LIMIT // 1024} KiB: record a curve, or write a file")


def outcome_of(problem: BaseException) -> Outcome:
    if isinstance(problem, Stopped):
        return Outcome.NONE
    if isinstance(problem, SkipRequested):
        return Outcome.SKIPPED
    if isinstance(problem, LimitExceeded):
        return Outcome.ERROR
    return Outcome.TIMEOUT if isinstance(problem, Interrupt | PromptTimeout) else Outcome.ERROR


def open_files_exceeded(problem: BaseException) -> LimitExceeded | None:
    """The limit behind an exception that came of too many open files."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno == errno.EMFILE:
            limit = LimitExceeded(f"open files: {resource.getrlimit(resource.RLIMIT_NOFILE)[0]} allowed")
            limit.__cause__ = problem
            return limit
        cause = cause.__cause__ or cause.__context__
    return None


def describe(problem: BaseException) -> str:
    if isinstance(problem, Interrupt | PromptTimeout):
        return str(problem)
    if isinstance(problem, StepExit):
        return "run.fail and run.retry end a step, not the question whether it is needed"
    text = text_of(problem)
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__


def text_of(problem: BaseException) -> str:
    """What an exception says. Its author may have made a mistake there as well."""
    try:
        return str(problem)
    except Exception as mistake:
        return f"its text cannot be told: {type(mistake).__name__}"


def error_fields(problem: BaseException, category: str | None = None) -> dict[str, str]:
    """The fields of an `error` line but for its place."""
    return {
        "category": category or category_of(problem),
        "exception": type(problem).__name__,
        "message": text_of(problem),
        "traceback": "".join(traceback.format_exception(problem))[-TRACEBACK_LIMIT:],
    }


def category_of(problem: BaseException) -> str:
    if isinstance(problem, SpoolFull | LimitExceeded):
        return "infrastructure"
    return "hardware" if isinstance(problem, InstrumentError) else "sequence"
