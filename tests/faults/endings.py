"""What happens to a running batch: people, signals, cables, the database, the disk."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from signal import Signals
from typing import Any

from tests.faults.fault_station import FaultStation, Posted
from tests.installations import wait_until

AWAY_S = 3.0
STAYS_FULL_S = 0.5
LEFT_ON_DISK = 20  # bytes: the next line is torn


@dataclass
class Struck:
    """From when (epoch) the time counts, and whether the slot was seen to be unsafe."""

    at: float
    unsafe: bool = False


# Does it, and undoes what has to be undone when it is left.
Strike = Callable[[FaultStation, Posted], AbstractContextManager[Struck]]


@dataclass(frozen=True)
class Ending:
    """`lasts_s`: for how long the activity would block without it. `who`: the part that must be replaced."""

    name: str
    words: str
    strike: Strike
    lasts_s: float = 8.0
    who: str = ""
    hurried: bool = False  # in a step that may last a second only
    look: bool = False  # the next step asks the meter
    goes_on: bool = False  # the run itself is not ended: whoever is paused is resumed


@contextmanager
def nothing(station: FaultStation, batch: Posted) -> Iterator[Struck]:
    """The time alone runs out."""
    begun = [line["at"] for line in batch.lines() if line["k"] == "step.started"]
    yield Struck(begun[-1])


@contextmanager
def stop(station: FaultStation, batch: Posted) -> Iterator[Struck]:
    struck = Struck(time.time())
    station.steer(batch, "stop")
    yield struck


@contextmanager
def emergency(station: FaultStation, batch: Posted) -> Iterator[Struck]:
    yield Struck(station.press())


@contextmanager
def signalled(who: str, number: int, station: FaultStation, batch: Posted) -> Iterator[Struck]:
    yield Struck(station.kill(who, number))


@contextmanager
def everything_killed(station: FaultStation, batch: Posted) -> Iterator[Struck]:
    """The time counts from the next start."""
    station.kill_everything()
    time.sleep(0.5)
    assert station.bench.is_on("supply-1"), "nobody is left who could have switched off"
    struck = Struck(time.time())
    station.start()
    yield struck


@contextmanager
def unplugged(name: str, station: FaultStation, batch: Posted) -> Iterator[Struck]:
    """Until the run is over. If the slot is not safe without it, the time counts from its return."""
    struck = Struck(time.time())  # whoever waits for its answer can see it gone before the bench has said so
    station.bench.fault(name, "unplug")
    yield struck
    wait_until(lambda: is_over(batch), 20, "the end of the run")
    status = wait_until(station.status, 5, "the guard's word")
    struck.unsafe = status["safe"] is False
    struck.at = time.time() if struck.unsafe else struck.at
    station.bench.fault(name, "replug")


def is_over(batch: Posted) -> bool:
    return any(line["k"] == "batch.ended" for line in batch.lines())


@contextmanager
def database_away(station: FaultStation, batch: Posted) -> Iterator[Struck]:
    with station.without_database():
        struck = Struck(time.time())
        time.sleep(AWAY_S)
    yield struck


@contextmanager
def disk_full(station: FaultStation, batch: Posted) -> Iterator[Struck]:
    """The kernel refuses runner and guard every byte beyond a size, until some time after the output is off."""
    limited = [pid for pid in (station.pid("runner"), station.pid("guard")) if pid]
    size = station.paths.spool(batch.id).stat().st_size + LEFT_ON_DISK
    struck = Struck(time.time())
    for pid in limited:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    yield struck
    wait_until(lambda: not station.bench.is_on("supply-1"), 15, "OFF with a full disk")
    time.sleep(STAYS_FULL_S)
    for pid in limited[1:]:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


SURVIVED = {"lasts_s": 2.0, "goes_on": True}
SIGNALS = {Signals.SIGTERM: "is asked to end", Signals.SIGKILL: "is killed", Signals.SIGSTOP: "is frozen"}


def of_a_process(part: str, number: Signals, words: str, **more: Any) -> Ending:
    """Whoever is thrown away after its run is not replaced."""
    strike = partial(signalled, part, number)
    who = "" if part == "runner" else part
    return Ending(f"{part}-{number.name}", f"{words} {SIGNALS[number]}", strike, who=who, **more)


ENDINGS = [
    Ending("timeout", "the step has a timeout of 1 s", nothing, hurried=True),
    Ending("stop", "somebody asks for a stop", stop),
    Ending("emergency", "somebody presses the emergency stop", emergency),
    of_a_process("runner", signal.SIGTERM, "the runner", lasts_s=3.0),
    of_a_process("runner", signal.SIGKILL, "the runner"),
    of_a_process("guard", signal.SIGTERM, "the guard"),
    of_a_process("guard", signal.SIGKILL, "the guard"),
    of_a_process("guard", signal.SIGSTOP, "the guard"),
    of_a_process("warden", signal.SIGTERM, "the warden"),
    of_a_process("warden", signal.SIGKILL, "the warden"),
    of_a_process("warden", signal.SIGSTOP, "the warden"),
    Ending("everything-SIGKILL", "everything on the host is killed, and started again", everything_killed),
    of_a_process("supervisor", signal.SIGTERM, "the supervisor", **SURVIVED),
    of_a_process("supervisor", signal.SIGKILL, "the supervisor", **SURVIVED),
    of_a_process("supervisor", signal.SIGSTOP, "the supervisor", **SURVIVED),
    of_a_process("cluster", signal.SIGTERM, "every process of the queue's cluster", **SURVIVED),
    of_a_process("cluster", signal.SIGKILL, "every process of the queue's cluster", **SURVIVED),
    of_a_process("cluster", signal.SIGSTOP, "every process of the queue's cluster", **SURVIVED),
    of_a_process("housekeeping", signal.SIGKILL, "the housekeeping", **SURVIVED),
    of_a_process("housekeeping", signal.SIGSTOP, "the housekeeping", **SURVIVED),
    of_a_process("web", signal.SIGTERM, "the web process", **SURVIVED),
    of_a_process("web", signal.SIGKILL, "the web process", **SURVIVED),
    Ending("database-away", f"the database is away for {AWAY_S:g} s", database_away, **SURVIVED),
    Ending("disk-full", "the disk takes no more", disk_full, lasts_s=1.5, goes_on=True),
    Ending(
        "meter-unplugged",
        "another instrument is unplugged",
        partial(unplugged, "meter-1"),
        lasts_s=1.5,
        goes_on=True,
        look=True,
    ),
    Ending(
        "supply-unplugged",
        "the supply itself is unplugged until the run is over",
        partial(unplugged, "supply-1"),
        lasts_s=1.5,
        goes_on=True,
    ),
]
