"""The words that guard and runner exchange, and the lines a guard adds to a spool. Data only: both sides import it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict


class Ending(StrEnum):
    """Why a run is over, as the guard saw it. The last line of a spool carries it."""

    FINISHED = "finished"  # the runner handed over its verdict and exited with 0
    STOP_EXPIRED = "stop_expired"  # asked to stop, its grace ran out, killed
    TIMEOUT = "timeout"  # did not yield at a deadline, killed
    EMERGENCY = "emergency"  # killed at once by an emergency stop
    CRASHED = "crashed"  # the runner died by itself
    GUARD_LOST = "guard_lost"  # the guard died or was replaced
    WARDEN_LOST = "warden_lost"  # the warden died, the guard made safe
    LOST = "lost"  # nobody knows it any more: the host was restarted


class Verdict(TypedDict):
    """What the runner says of its run, sent to the guard as its last message."""

    ending: Literal["completed", "failed", "stopped"]
    outcome: str  # PASS FAIL TIMEOUT ERROR NONE
    message: str  # one sentence for people
    cause: str | None  # name of the first step that failed, if one did
    marginal: bool
    result: Any  # the sequence's own JSON result


class InstrumentSettings(TypedDict):
    """One instrument of a slot, as station.yaml describes it."""

    name: str
    driver: str  # dotted path of a Driver class
    resource: str  # VISA resource string, device path or URL
    options: dict[str, Any]
    commands: dict[str, dict[str, Any]]
    safe_state: list[dict[str, str]]


class SlotSettings(TypedDict):
    """What a guard knows of its slot. Given by the warden's configuration; a lane has no instruments."""

    slot: str  # "demo/slot-1"
    instruments: dict[str, InstrumentSettings]  # by role


class ChildSettings(TypedDict):
    """A process that the warden keeps alive and that dies with it."""

    name: str
    argv: list[str]
    env: dict[str, str]


class WardenSettings(TypedDict):
    """The warden's configuration file."""

    station: str
    data_dir: str
    runner: list[str]  # command line of a parked runner
    import_path: list[str]  # where the runner finds its own code and driver classes
    slots: list[SlotSettings]
    children: list[ChildSettings]
    term_grace_s: float
    safe_budget_s: float


class Job(TypedDict):
    """One run. The supervisor sends all but `instruments`, which the guard adds from its slot."""

    run: str  # the batch's UUID; also names the spool
    package: str  # folder of the sequence package
    sha256: str  # of its content: the runner refuses another one
    parameters: dict[str, Any]
    limits: dict[str, dict[str, Any]]
    subject: str
    stop_grace_s: float
    spool_limit: int  # bytes
    instruments: NotRequired[dict[str, InstrumentSettings]]


class Wish(TypedDict):
    """Somebody's intervention on its way to the runner."""

    word: Literal["pause", "resume", "stop"]
    control: str  # id of the control event
    reason: str


class InstrumentProof(TypedDict):
    """What one instrument answered when it was brought into its safe state."""

    confirmed: bool
    wrote: list[str]
    read: list[str]
    error: str | None
    took_ms: float


class SafeProof(TypedDict):
    """The safe state of a slot: confirmed only if every instrument confirmed."""

    confirmed: bool
    instruments: dict[str, InstrumentProof]  # by instrument name


class Latch(TypedDict):
    """Content of a latch file: an emergency stop that nobody has reset yet."""

    id: str  # UUID, the id of its control event
    scope: str  # "demo/slot-1", "demo" or "all"
    by: str
    face: str
    reason: str
    at: float  # seconds since the epoch


class GuardStatus(TypedDict):
    """A guard's answer to every datagram."""

    slot: str
    pid: int
    run: str | None  # the run that holds the slot now
    runner: int | None
    parked: bool  # a runner is ready to start
    safe: bool | None  # None: not known yet
    proof: SafeProof | None
    latch: Latch | None
    closing: bool  # asked to end: takes no new run
    last: str | None  # the run that ended last here
    answer: NotRequired[
        str
    ]  # to `run`: "running", "over" or "wait"; to `wish`: "delivered" or "unknown"; "accepted" to `emergency`
    why: NotRequired[str]  # a sentence for "wait" and "unknown"
