"""How a stop or a timeout reaches the code of a step, and only that code.

A signal handler may run between any two bytecodes, so a flag "may be interrupted now" would be wrong somewhere around
its own changes. The handler therefore looks at the stack it interrupted: code called through `interruptible` may be
interrupted, the engine's own (`shielded`) functions may not.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import ParamSpec, TypeVar

from sequences.contracts import SKIPPED_BY_REQUEST
from stations.contracts import Wish

P = ParamSpec("P")
T = TypeVar("T")

RETRY_S = 0.005  # the signal hit engine code: try again soon
REPEAT_S = 0.4  # the step swallowed the interrupt: raise it again, twice before the guard would kill


class Interrupt(BaseException):
    """Ends a step from outside. `except Exception` in a step does not catch it."""


class Stopped(Interrupt):
    """Somebody, or the guard, wants the run to end with its teardown."""

    def __init__(self, control: str, reason: str) -> None:
        super().__init__(reason)
        self.control = control
        self.reason = reason


class LimitExceeded(Interrupt):
    """The run used more than it may. Its text names the limit."""


class DiskFull(LimitExceeded):
    """The disk takes no more of what the run keeps beside its story."""


class SkipRequested(Interrupt):
    """Somebody wants this step to end and the run to go on. Raised at boundaries alone, and never `wanted`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{SKIPPED_BY_REQUEST}: {reason}" if reason else SKIPPED_BY_REQUEST)


class StepTimeout(Interrupt):
    """The step took longer than it may."""


class SequenceTimeout(Interrupt):
    """Setup and main together took longer than they may."""


def ending_for(wish: Wish) -> Interrupt:
    """The interrupt by which a stop or a limit ends the run."""
    if wish["word"] == "limit":
        return LimitExceeded(wish["reason"])
    return Stopped(wish["control"], wish["reason"])


_shielded: set[CodeType] = set()


def shielded(function: Callable[P, T]) -> Callable[P, T]:
    """Mark a function that is never interrupted, nor anything it calls unless through `interruptible`."""
    _shielded.add(function.__code__)
    return function


class _State:
    """What is wanted of the run. One per process, because signals are."""

    def __init__(self) -> None:
        self.wanted: Interrupt | None = None
        self.stoppable = True  # False during teardown, which only its own timeouts end
        self.holds = False  # during the teardown of a nested group: what comes meanwhile ends the run afterwards
        self.held: Interrupt | None = None
        self.exceeded: LimitExceeded | None = None  # even if it came too late to end anything
        self.expired: Callable[[float], Interrupt | None] | None = None  # set while a run listens


_state = _State()


def interruptible(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call code that a stop or a timeout may end. What was wanted before, or was swallowed by it, is raised here."""
    if _state.wanted is not None:
        raise _state.wanted
    value = function(*args, **kwargs)
    if _state.wanted is not None:
        raise _state.wanted
    return value


_INTERRUPTIBLE = interruptible.__code__


@shielded
def request(interrupt: Interrupt, frame: FrameType | None) -> None:
    """For signal handlers: raise `interrupt` in the interrupted code `frame` if it may be, else as soon as possible.

    During the last teardown stops are ignored, limits only remembered; during that of a nested group both wait for its
    end. Raised again and again until the engine has taken notice.
    """
    remember(interrupt)
    if not _state.stoppable and not isinstance(interrupt, StepTimeout):
        hold_back(interrupt)
        return
    if _state.wanted is None:
        _state.wanted = interrupt
    if _state.expired is None:  # before the run: its first step will hear of it
        return
    may_raise = _may_be_interrupted(frame)
    signal.setitimer(signal.ITIMER_REAL, REPEAT_S if may_raise else RETRY_S, REPEAT_S)
    if may_raise:
        raise _state.wanted


@shielded
def remember(interrupt: Interrupt) -> None:
    """Keep that a limit was exceeded, for the verdict."""
    if isinstance(interrupt, LimitExceeded) and _state.exceeded is None:
        _state.exceeded = interrupt


def take_exceeded() -> LimitExceeded | None:
    """The limit that was exceeded, if one was and nobody has told of it yet. Whoever asks tells."""
    limit, _state.exceeded = _state.exceeded, None
    return limit


def _may_be_interrupted(frame: FrameType | None) -> bool:
    innermost = frame
    while frame is not None:
        if frame.f_code is _INTERRUPTIBLE:
            return frame is not innermost
        if frame.f_code in _shielded:
            return False
        frame = frame.f_back
    return False


def wanted() -> Interrupt | None:
    return _state.wanted


def raise_wanted() -> None:
    """For engine functions that steps call: raise now what arrived while they were shielded."""
    if _state.wanted is not None:
        raise _state.wanted


def demand(interrupt: Interrupt) -> Interrupt:
    """For the engine: make `interrupt` wanted, for the caller to raise. A step that swallows it gets it again."""
    remember(interrupt)
    if _state.wanted is None:
        _state.wanted = interrupt
    signal.setitimer(signal.ITIMER_REAL, REPEAT_S, REPEAT_S)
    return _state.wanted


def exceed(limit: LimitExceeded) -> None:
    """For engine functions that steps call: end the run by `limit`. In the teardown, which goes on, remember it."""
    if _state.stoppable:
        raise demand(limit)
    hold_back(limit)


@shielded
def hold_back(interrupt: Interrupt) -> None:
    """Of what comes in a teardown: that of a nested group ends the run when it is over, the last one only remembers."""
    remember(interrupt)
    _state.held = _state.held or (interrupt if _state.holds else None)


def take_notice() -> None:
    """The engine acts on what was wanted: it is not raised again."""
    _state.wanted = None
    signal.setitimer(signal.ITIMER_REAL, 0.0)


def withdraw_step_timeout() -> None:
    """The step is over: a timeout that arrived a moment too late must not hit the next one."""
    if isinstance(_state.wanted, StepTimeout):
        _state.wanted = None


def begin_teardown() -> Interrupt | None:
    """From now on only a step's own timeout interrupts. Returns what came too late to end setup or main."""
    _state.stoppable = False
    late = _state.wanted
    take_notice()
    return late


def begin_nested_teardown() -> None:
    """As `begin_teardown`, until `end_nested_teardown`: nothing is lost that arrives before or meanwhile."""
    _state.held = begin_teardown()
    _state.holds = True


def end_nested_teardown() -> None:
    """From now on everything interrupts again: first what was held back."""
    _state.wanted, _state.held = _state.held, None
    _state.stoppable, _state.holds = True, False


@contextmanager
def listening(expired: Callable[[float], Interrupt | None]) -> Iterator[None]:
    """Own SIGALRM during one run; `expired(now)` tells which deadline has passed. Main thread only."""
    before = signal.signal(signal.SIGALRM, _on_alarm)
    _state.expired = expired
    try:
        yield
    finally:
        _state.expired = None
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        _state.wanted, _state.held, _state.exceeded = None, None, None
        _state.stoppable, _state.holds = True, False


def _on_alarm(signum: int, frame: FrameType | None) -> None:
    interrupt = _state.wanted
    if interrupt is None and _state.expired is not None:
        interrupt = _state.expired(time.monotonic())
    if interrupt is not None:
        request(interrupt, frame)
