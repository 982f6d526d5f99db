"""One instrument in people's hands: opened when somebody needs it, read again and again, and let go of."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from sequences.interrupts import interruptible
from stations.contracts import InstrumentSettings
from stations.drivers.driver import Driver, Value
from stations.drivers.instrument_lock import InstrumentLock, Locks
from stations.drivers.loading import load_driver

T = TypeVar("T")

READ_EVERY_S = 1.0
READ_TIMEOUT_S = 0.5  # what people want waits for a reading, so that must not last
LOCK_WITHIN_S = 0.2  # a look at its health lets go of it at once
SHARE = 4  # it rests so many times as long as it took: a slow one slows only itself
LONGEST_REST_S = 30.0  # of one that does not answer, or of a command that gets no answer
DIGITS = 6  # of a reading, which is looked at and not calculated with
LONGEST_TEXT = 1000  # characters
_NEVER = (0.0, 0.0)


class Driven:
    """`changed` collects what its readings have changed, until somebody tells it."""

    def __init__(
        self,
        settings: InstrumentSettings,
        driver: Driver | None,
        allowed: Collection[str] = (),
        locks: Locks | None = None,
    ) -> None:
        """`driver`: one that the run has opened; without it, one is opened here, of our classes or `allowed` ones."""
        self.settings = settings
        self._allowed, self._locks = allowed, locks
        self._lock: InstrumentLock | None = None
        self.driver = driver
        self.due_at = 0.0  # seconds of time.monotonic()
        self.changed: dict[str, Any] = {}
        self._own = driver is None
        self._values: dict[str, Value | None] = {}
        self._problem = ""
        self._queries: list[str] = []  # of this round, still to be asked
        self._round_began = 0.0
        self._rest_s = 0.0  # after it could not be opened
        # Commands that get no answer, and for how long each rests until when: a board without power answers some.
        self._silent: dict[str, tuple[float, float]] = {}

    def opened(self) -> Driver:
        """Its driver, open. Raises InstrumentError."""
        return self._open(None) if self.driver is None else self.driver

    def _open(self, within_s: float | None) -> Driver:
        driver = load_driver(self.settings, self._allowed)
        self._take_lock()
        try:
            _within(driver, within_s, driver.open)
        except BaseException:
            driver.close()
            self._release_lock()
            raise
        self.driver = driver
        return driver

    def _take_lock(self) -> None:
        """Raises InstrumentError, with the name of who uses the instrument in another slot."""
        if self._locks is not None and not self.settings.get("concurrent"):
            self._lock = InstrumentLock(self._locks.folder, self.settings)
            self._lock.take(self._locks.holder, wait_s=LOCK_WITHIN_S)

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def close(self) -> None:
        """Let go of it, unless the run has opened it."""
        driver = self.driver
        if self._own and driver is not None:
            self.driver = None
            driver.close()
            self._release_lock()

    def read_next(self) -> None:
        """Ask the next of its commands that can be asked; one that is not open is opened instead."""
        began = time.monotonic()
        if not self._queries:
            self._queries = [name for name in self._in_order() if self._silent.get(name, _NEVER)[1] <= began]
            self._round_began = began
        command = self._queries.pop(0) if self._queries and self.driver is not None else None
        try:
            self._ask(command)
        except Exception as error:  # whatever a driver raises: people are told beside the instrument
            self._note_failure(command, error)
        else:
            self._rest_s = 0.0
            self._silent.pop(command or "", None)
            if not self._queries and not self._silent:
                self._say("")
        now = time.monotonic()
        next_round = 0.0 if self._queries else self._round_began + READ_EVERY_S
        self.due_at = max(next_round, now + self._rest_s, now + SHARE * (now - began))

    def _in_order(self) -> list[str]:
        """What can be asked; what can be switched before what is only looked at."""
        asked = {name: each for name, each in self.settings["commands"].items() if each.get("query")}
        return sorted(asked, key=lambda name: (not asked[name].get("write"), asked[name].get("type") != "boolean"))

    def _ask(self, command: str | None) -> None:
        if self.driver is None:
            self._open(READ_TIMEOUT_S)
        elif command is not None:
            driver = self.driver
            self.keep(command, _within(driver, READ_TIMEOUT_S, lambda: driver.read(command)))

    def _note_failure(self, command: str | None, error: Exception) -> None:
        self._say(str(error) or type(error).__name__)
        if command is None:
            self._rest_s = _longer(self._rest_s)
        else:
            rest_s = _longer(self._silent.get(command, _NEVER)[0])
            self._silent[command] = rest_s, time.monotonic() + rest_s
            self.keep(command, None)

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = self.changed["problem"] = problem

    def keep(self, command: str, value: Value | None) -> None:
        """Remember the present value of a command; None: nobody knows it."""
        value = as_reading(value)
        if command not in self._values or self._values[command] != value:
            self._values[command] = value
            self.changed.setdefault("values", {})[command] = value

    def look_soon(self) -> None:
        """Something was done to it: all of it is read anew."""
        self._queries, self._rest_s, self.due_at = [], 0.0, 0.0
        self._silent.clear()

    @property
    def has_problem(self) -> bool:
        return bool(self._problem)


def _longer(rest_s: float) -> float:
    return min(LONGEST_REST_S, max(READ_EVERY_S, 2 * rest_s))


def _within(driver: Driver, limit_s: float | None, action: Callable[[], T]) -> T:
    """Let a driver do something, with less patience than usual."""
    usual_s = driver.timeout_s
    if limit_s is not None:
        driver.timeout_s = min(usual_s, limit_s)
    try:
        return interruptible(action)
    finally:
        driver.timeout_s = usual_s


def as_reading(value: Value | None) -> Value | None:
    """A value as lines of a story hold it: short, and a number of JSON."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)
    return value[:LONGEST_TEXT] if isinstance(value, str) else value
