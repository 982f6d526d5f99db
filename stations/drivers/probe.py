"""Whether the instruments of a slot are there: all asked at once between two runs, and nothing in them is changed."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from stations.contracts import InstrumentHealth, InstrumentSettings
from stations.drivers.driver import Driver
from stations.drivers.instrument_error import InstrumentError, WrongInstrument
from stations.drivers.instrument_lock import InstrumentLock
from stations.drivers.loading import load_driver

# A driver gets a little less than the budget, so that its own report is there when the budget ends.
REPORTING_S = 0.05
# What an instrument answers to "who are you" is a line; a stream of something else is cut.
LONGEST_IDENTITY = 200


def probe(
    instruments: Collection[InstrumentSettings],
    budget_s: float,
    *,
    locks: Path | None = None,
    thorough: bool = False,
    allowed: Collection[str] = (),
) -> dict[str, InstrumentHealth]:
    """Look for every instrument over a fresh connection, in parallel, and let go of it again. Returns by name.

    Comes back after `budget_s` at the latest. `thorough` also lets them check themselves. What somebody else holds the
    lock of, in the folder `locks`, is left alone and out of the answer. Never raises: what is wrong with an instrument
    stands in its health.
    """
    deadline = time.monotonic() + budget_s
    found: dict[str, InstrumentHealth] = {}
    workers = {}
    held: list[InstrumentLock] = []
    for settings in [each for each in instruments if locks is None or _may_be_asked(each, locks, held)]:
        worker = threading.Thread(
            target=_look_for,
            args=(settings, deadline - REPORTING_S, thorough, allowed, found),
            daemon=True,  # one that is stuck in the operating system must not keep the process alive
        )
        worker.start()
        workers[settings["name"]] = worker
    for name, worker in workers.items():
        worker.join(max(0.0, deadline - time.monotonic()))
        found.setdefault(name, _silent(f"Instrument {name} gave no sign within {budget_s:g} s.", budget_s))
    for lock in held:
        lock.release()
    return {name: found[name] for name in workers}


def _may_be_asked(settings: InstrumentSettings, locks: Path, held: list[InstrumentLock]) -> bool:
    """Whether nobody uses the instrument, or several may; its lock, if it needs one, joins `held`."""
    if settings.get("concurrent"):
        return True
    lock = InstrumentLock(locks, settings)
    try:
        lock.take("a look at its health")
    except (InstrumentError, OSError):
        return False
    held.append(lock)
    return True


def _look_for(
    settings: InstrumentSettings,
    deadline: float,
    thorough: bool,
    allowed: Collection[str],
    found: dict[str, InstrumentHealth],
) -> None:
    started = time.monotonic()
    health = InstrumentHealth(present=False, identity="", error=None, took_ms=0.0, at=time.time())
    driver: Driver | None = None
    try:
        driver = load_driver(settings, allowed)
        driver.timeout_s = min(driver.timeout_s, _patience_s(deadline))
        health["identity"] = driver.probe()[:LONGEST_IDENTITY]
        health["present"] = True
        health["took_ms"] = _ms_since(started)
        if thorough and health["identity"]:  # what cannot be asked who it is cannot be asked how it is
            driver.timeout_s = min(driver.timeout_s, _patience_s(deadline))
            driver.self_check()
    except WrongInstrument as error:
        health["present"], health["identity"] = True, error.identity[:LONGEST_IDENTITY]
        health["error"] = str(error)
    except Exception as error:  # whatever a driver raises, or one that does not even load
        health["error"] = str(error) or type(error).__name__
    health["took_ms"] = health["took_ms"] or _ms_since(started)
    if driver is not None:
        with suppress(Exception):  # it is let go of in any case
            driver.close()
    found.setdefault(settings["name"], health)


def _patience_s(deadline: float) -> float:
    """In whole tenths, for it stands in the sentence of one that does not answer: that must not change at each look."""
    return max(1, math.floor((deadline - time.monotonic()) * 10)) / 10


def _ms_since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)


def _silent(error: str, took_s: float) -> InstrumentHealth:
    return InstrumentHealth(present=False, identity="", error=error, took_ms=took_s * 1000, at=time.time())
