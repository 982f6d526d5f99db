"""The words that guard and runner exchange, and the lines a guard adds to a spool. Data only: both sides import it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict


class Ending(StrEnum):
    """Why a run is over, as the guard saw it. The last line of a spool carries it."""

    FINISHED = "finished"  # the runner handed over its verdict and exited with 0
    STOP_EXPIRED = "stop_expired"  # asked to stop, its grace ran out, killed
    TIMEOUT = "timeout"  # did not yield at a deadline, killed
    LIMIT = "limit"  # exceeded one of its resource limits and was killed
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
    unwritten: NotRequired[list[dict[str, Any]]]  # lines for which the spool had no room, for the guard to write


class InstrumentSettings(TypedDict):
    """One instrument of a slot, as station.yaml describes it."""

    name: str
    driver: str  # dotted path of a Driver class
    resource: str  # VISA resource string, device path or URL
    options: dict[str, Any]
    commands: dict[str, dict[str, Any]]
    safe_state: list[dict[str, str]]
    concurrent: NotRequired[bool]  # several runs may talk to it at once: it has no lease and no lock


class SlotSettings(TypedDict):
    """What a guard knows of its slot. Given by the warden's configuration; a lane has no instruments."""

    slot: str  # "demo/slot-1"
    instruments: dict[str, InstrumentSettings]  # by role


class ChildSettings(TypedDict):
    """A process that the warden keeps alive and that dies with it."""

    name: str
    argv: list[str]
    env: dict[str, str]
    workers: NotRequired[bool]  # works in processes of its own: where they are all gone, it hangs
    silent_s: NotRequired[float]  # killed when it has not touched its heartbeat file for so long


class WardenSettings(TypedDict):
    """The warden's configuration file."""

    station: str
    data_dir: str
    runner: list[str]  # command line of a parked runner, see `stations.drivers.loading.runner_command`
    import_path: list[str]  # where the runner finds its own code and driver classes
    slots: list[SlotSettings]
    children: list[ChildSettings]
    safe_budget_s: float  # for making a slot safe
    probe_every_s: NotRequired[float]  # between two looks at the instruments of an idle slot; left out: nobody looks


class Resources(TypedDict, total=False):
    """What one run may use. Beyond a limit it ends FAILED, with the limit's name; what is left out is not limited."""

    memory_mb: float  # of all its processes together, in MiB of resident memory
    cpu_s: float  # of all its processes together
    wall_s: float  # from its first to its last moment, pauses included
    files: int  # open at a time, per process
    output_mb: float  # printed and logged, in MiB
    spool_mb: float  # the whole story, in MiB
    attachments_mb: float  # files that its steps attach, in MiB


class CarriedSteps(TypedDict):
    """Steps of an earlier run, from `first` to `last` in the plan, that are not run again."""

    first: int
    last: int
    outcome: str
    marginal: bool
    reason: NotRequired[str]  # of those that were skipped: how their message began


class ItemsAgain(TypedDict):
    """Items that are not taken over: those of these chunks, by their numbers."""

    step: int  # its place in the plan, from 0
    chunks: list[int]


class Carried(TypedDict):
    """What a run takes over from an earlier one of the same sequence."""

    batch: str  # the earlier one
    steps: list[CarriedSteps]
    saved: dict[str, Any]  # by `run.save`
    saved_by: NotRequired[dict[str, int | None]]  # which step saved it
    items: NotRequired[bool]  # those that were completed, of steps over items that run
    items_again: NotRequired[ItemsAgain]


class Job(TypedDict):
    """One run. The supervisor sends all but `instruments`, `slot` and `locks`, which the guard adds from its slot."""

    run: str  # the batch's UUID; also names the spool
    package: str  # folder of the sequence package
    sha256: str  # of its content: the runner refuses another one
    version: NotRequired[str]  # of the package, for people
    package_drivers: NotRequired[bool]  # it may bring driver classes of its own
    parameters: dict[str, Any]
    limits: dict[str, dict[str, Any]]
    subject: str
    stop_grace_s: float  # from the interrupt of a stop to SIGTERM
    term_grace_s: float  # from SIGTERM to SIGKILL
    deadline_grace_s: float  # from the deadline of a step or sequence to SIGKILL
    spool_limit: int  # bytes
    resources: Resources
    carried: NotRequired[Carried]
    drivers: NotRequired[list[str]]  # classes beside ours that may be loaded; from the runner's command line
    attachments: NotRequired[str]  # folder for what steps attach; without it in the folder for temporary files
    items: NotRequired[dict[str, Any]]  # of work over a dataset: sequences.items.options.ItemsOptions
    results: NotRequired[dict[str, str]]  # files with what became of the items of steps that are over, by step
    helps_with: NotRequired[str]  # the step whose items this run works on, and nothing else
    instruments: NotRequired[dict[str, InstrumentSettings]]
    slot: NotRequired[str]  # added by the guard, as is:
    locks: NotRequired[str]  # folder of the instruments' lock files


class Wish(TypedDict):
    """Somebody's intervention on its way to the runner, or the guard's own: "limit" stops a run that used too much."""

    word: Literal[
        "pause",
        "resume",
        "stop",
        "skip",
        "settings",
        "answer",
        "limit",
        "command",
        "end",
        "take-over",
        "give-back",
        "chunk",
        "items-over",
    ]
    control: str  # id of the control event; empty for the guard's own
    reason: str
    step: NotRequired[int]  # to "skip": its index in the plan
    settings: NotRequired[dict[str, Any]]  # to "settings": new values of live parameters
    prompt: NotRequired[str]  # to "answer": the key of the prompt
    value: NotRequired[Any]  # to "answer"; to "command" what is set, without it something is read
    by: NotRequired[str]  # to "answer", "take-over", "give-back" and "end": who
    instrument: NotRequired[str]  # to "command": its name
    command: NotRequired[str]  # to "command": a declared one; without it and `text`: is the instrument there?
    text: NotRequired[str]  # to "command": sent as it stands
    chunk: NotRequired[dict[str, Any]]  # to "chunk": a sequences.items.contracts.ChunkOrder
    over: NotRequired[dict[str, Any]]  # to "items-over": a sequences.items.contracts.ItemsOver
    until: NotRequired[float]  # to "command": later than this, in seconds since the epoch, nothing is switched on


class InstrumentProof(TypedDict):
    """What one instrument answered when it was brought into its safe state."""

    confirmed: bool
    wrote: list[str]
    read: list[str]
    error: str | None
    took_ms: float


class SafeReason(StrEnum):
    """What a safe state is made for."""

    START = "start"  # a guard has taken its slot over
    RUN = "run"  # a run has ended, however
    EMERGENCY = "emergency"
    DEMAND = "demand"  # somebody asked for it
    CLEAR = "clear"  # somebody wants an unsafe mark cleared
    LEAVING = "leaving"  # the guard ends, or has lost its warden


class SafeProof(TypedDict):
    """The safe state of a slot: confirmed only if every instrument confirmed."""

    confirmed: bool
    instruments: dict[str, InstrumentProof]  # by instrument name


class InstrumentHealth(TypedDict):
    """What one instrument answered when it was looked for between two runs."""

    present: bool
    identity: str  # what it says it is; empty where it cannot be asked
    error: str | None  # why it cannot be used, a sentence; None when it can
    took_ms: float  # until it answered, or did not
    at: float  # seconds since the epoch


class Latch(TypedDict):
    """Content of a latch file: an emergency stop that nobody has reset yet."""

    id: str  # UUID, the id of its control event
    scope: str  # "demo/slot-1", "demo" or "all"
    by: str
    face: str
    reason: str
    at: float  # seconds since the epoch


class Unsafe(TypedDict):
    """Content of an unsafe mark: a safe state was not confirmed within its budget, and nobody has cleared that yet."""

    since: float  # seconds since the epoch
    why: str  # what the safe state was made for: a word of SafeReason
    problems: dict[str, str]  # by instrument name, the first sentence about each that did not confirm
    confirmed_at: float | None  # since when all of them are known to be off after all; None: they are not
    refused: str  # id of the control event that last asked to clear it, in vain


class GuardStatus(TypedDict):
    """A guard's answer to every datagram."""

    slot: str
    pid: int
    run: str | None  # the run that holds the slot now
    runner: int | None
    parked: bool  # a runner is ready to start
    safe: bool | None  # None: not known yet
    proof: SafeProof | None
    health: dict[str, InstrumentHealth]  # by instrument name; those that have not been looked for are missing
    latch: Latch | None
    unsafe: Unsafe | None  # until somebody clears it, the slot takes no run, whatever `safe` says
    closing: bool  # asked to end: takes no new run
    last: str | None  # the run that ended last here
    answer: NotRequired[
        str
    ]  # to `run`: "running", "over" or "wait"; to `wish`: "delivered" or "unknown"; "accepted" to `emergency`;
    #    to `make_safe` and `clear`: "done" or "busy"
    why: NotRequired[str]  # a sentence for "wait", "unknown" and "busy"
