"""The lines a runner appends to its spool. Each becomes exactly one journal event of the same kind.

Every line also carries `k` (its kind) and `at` (seconds since the epoch). `step` is the index of a step in the plan,
from 0; `attempt` counts from 1. Values are absolute, never differences, so that a reader may start anywhere.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

# How the message of a step begins that was left out because somebody asked for it, or its sequence does.
SKIPPED_BY_REQUEST = "skipped by request"
NOT_NEEDED = "not needed"
DEPENDS_ON = "depends on"
LEFT_OUT = (SKIPPED_BY_REQUEST, NOT_NEEDED, DEPENDS_ON)


class PlannedStep(TypedDict):
    index: int
    name: str
    group: str  # "setup", "main" or "teardown"
    repeat: int  # how many indexes it takes up
    within: NotRequired[str]  # the nested groups around it, as "radio/antenna"
    resumable: bool  # a later run may begin here, with what was done before it carried over
    items: NotRequired[bool]  # it goes over the items of the batch's dataset


class BatchStarted(TypedDict):  # k = "batch.started"
    plan: list[PlannedStep]
    total_steps: int
    drivers: dict[str, dict[str, str]]  # role -> {name, driver, version, resource}


class StepStarted(TypedDict):  # k = "step.started"
    step: int
    attempt: int
    name: str
    group: str
    within: NotRequired[str]


class StepEnded(TypedDict):  # k = "step.ended"; without "step.started" for what was skipped or stopped before it began
    step: int
    attempt: int
    name: str
    group: str
    within: NotRequired[str]
    outcome: str  # SKIPPED PASS FAIL TIMEOUT ERROR NONE
    marginal: bool
    duration_ms: float
    retrying: bool  # another attempt follows
    message: str  # why it failed or was skipped
    result: Any
    progress: float  # of the batch, 0.0 to 1.0
    input_count: NotRequired[int]  # items that it was given, if it said so
    output_count: NotRequired[int]  # items that it gave on
    carried: NotRequired[bool]  # not run here: taken over from an earlier batch


class Measurement(TypedDict):  # k = "measurement"
    step: int
    attempt: int
    name: str
    type: str  # "number", "text", "boolean" or "curve"
    value: Any  # a number that is not finite: "nan", "inf", "-inf"; a curve: {"columns": [{"name", "unit"}], "rows"}
    unit: str
    limits: dict[str, Any] | None
    outcome: str  # PASS FAIL, or NONE without limits
    marginal: bool


class Attachment(TypedDict):  # k = "attachment": a file that lies in the run's folder under its sha256
    step: int
    attempt: int
    id: str  # UUID
    name: str
    media_type: str
    size: int  # bytes
    sha256: str
    width: int | None  # in pixels, of a picture that the runner has encoded; None of every other file
    height: int | None
    message: str  # the name once more


class Log(TypedDict):  # k = "log"
    step: int | None
    attempt: int | None
    level: str  # DEBUG INFO WARNING ERROR
    message: str
    origin: str  # "sequence", "stdout", "stderr", "engine" or a logger's name


class Progress(TypedDict):  # k = "progress", at most two a second
    step: int
    attempt: int
    done: float
    total: float
    message: str
    progress: float  # of the batch


class Saved(TypedDict):  # k = "saved"
    step: int | None
    attempt: int | None
    name: str
    value: Any


class Error(TypedDict):  # k = "error"
    step: int | None
    attempt: int | None
    category: str  # sequence hardware engine model infrastructure
    exception: str  # class name
    message: str
    traceback: str


class PromptAsked(TypedDict):  # k = "prompt.asked": somebody is asked, and the step waits
    step: int
    attempt: int
    prompt: str  # a short word, unique in the run
    type: str  # "text", "number", "choice" or "confirm"
    message: str
    choices: list[str]
    unit: str
    minimum: float | None
    maximum: float | None
    default: str | float | None  # what the field begins with
    image: dict[str, str] | None  # {"file", "type", "sha256"} of a picture of the package
    timeout_s: float | None


class PromptAnswered(TypedDict):  # k = "prompt.answered": the step has its answer, or will when a pause ends
    step: int
    attempt: int
    prompt: str
    control: str  # id of the control event
    value: Any
    by: str


class PromptClosed(TypedDict):  # k = "prompt.closed": it waits no more. Without it a prompt ends with its step
    step: int
    attempt: int
    prompt: str
    why: str  # "timeout"


class ManualBegun(TypedDict):  # k = "manual.begun": people drive the instruments of the slot from now on
    by: str  # who has begun it, or taken the paused run over
    idle_limit_s: float | None  # it ends by itself when nobody gave a command for so long
    message: str
    control: NotRequired[str]  # of a take-over: its control event
    word: NotRequired[str]  # "take-over"


class ManualEnded(TypedDict):  # k = "manual.ended"
    why: str  # "asked", "given back", "idle" or "stopped"
    message: str
    control: NotRequired[str]  # of the control event that asked for it
    by: NotRequired[str]


class ManualAnswered(TypedDict):  # k = "manual.answered": what a command of people came to
    control: str  # id of the control event
    instrument: str
    command: str  # empty for a text that was sent as it stands, and for a look whether the instrument is there
    value: float | str | bool | None  # what was set, read back where the command can be asked; or what was read
    unit: str
    text: str  # the answer to a text that was sent as it stands
    error: str  # why it was not obeyed, in a sentence; else empty
    took_ms: float


class Reading(TypedDict):  # k = "reading", at most once a second while people drive the instruments
    # By name, those of which something has changed: "values" by command (None: it did not answer), and "problem", a
    # sentence, or empty when it is over.
    instruments: dict[str, dict[str, Any]]


class ItemsBegun(TypedDict):  # k = "items.begun": a step over items waits for chunks
    step: int
    attempt: int
    name: str
    message: str


class ChunkBegun(TypedDict):  # k = "chunk.begun". This and "item" become rows, no events
    step: int
    chunk: int  # its number
    token: int  # of the claim
    message: NotRequired[str]


class ItemSettled(TypedDict):  # k = "item", with all of sequences.items.contracts.ItemEnded
    step: int
    chunk: int
    token: int


class ChunkEnded(TypedDict):  # k = "chunk.ended": a try at a chunk is over
    step: int
    chunk: int
    token: int
    failed: list[dict[str, Any]]  # ItemEnded of those that may be tried again
    lost: bool  # because their process was killed from outside
    ms: float
    message: str


class Control(TypedDict):  # k = "control", "batch.paused" or "batch.resumed": a wish has arrived
    control: str  # id of the control event; empty when the runner itself was asked to end
    word: str
    message: str
    step: NotRequired[int]  # to word "skip"
    settings: NotRequired[dict[str, Any]]  # to word "settings": the values that hold from now on
    obeyed: NotRequired[bool]  # False: it came too late or changes nothing; the message says why
