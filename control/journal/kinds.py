"""The kinds of events, where they come from, and the names of the streams."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

BOARD = "board"
ALERTS = "alerts"
SAFETY = "safety"  # every safe state that was made beside a run, with its proof
# Those that belong to no batch. They never end, and are shortened when batches are pruned.
COMMON = (BOARD, ALERTS, SAFETY)


def stream_of(batch_id: UUID | str) -> str:
    return f"batch/{batch_id}"


class Kind(StrEnum):
    """Every kind that a journal holds. Those of a spool have the payloads of `sequences.contracts`."""

    BATCH_QUEUED = "batch.queued"
    BATCH_MOVED = "batch.moved"  # it waits in another place
    BATCH_STARTED = "batch.started"
    BATCH_PAUSED = "batch.paused"
    BATCH_RESUMED = "batch.resumed"
    BATCH_ENDED = "batch.ended"
    STEP_STARTED = "step.started"
    STEP_ENDED = "step.ended"
    MEASUREMENT = "measurement"
    ATTACHMENT = "attachment"
    LOG = "log"
    PROGRESS = "progress"
    PROMPT_ASKED = "prompt.asked"
    PROMPT_ANSWERED = "prompt.answered"
    PROMPT_CLOSED = "prompt.closed"  # nobody answered in time
    MANUAL_BEGUN = "manual.begun"  # people drive the instruments by hand
    MANUAL_ANSWERED = "manual.answered"  # what one of their commands came to
    MANUAL_ENDED = "manual.ended"
    READING = "reading"  # what instruments say meanwhile
    ITEMS_BEGUN = "items.begun"  # a step over items waits for its chunks
    CHUNK_ENDED = "chunk.ended"  # a try at a chunk is over
    ITEMS_PROGRESS = "items.progress"  # how far a step over items is, at most twice a second
    BATCH_RELAUNCHED = "batch.relaunched"  # its lane was lost, and it goes on in another run
    SAVED = "saved"  # a value that a later run may go on from
    CONTROL = "control"
    ERROR = "error"
    LADDER = "ladder"
    SAFE_STATE = "safe_state"
    TORN = "torn"  # a line that a death cut in two


def is_last(stream: str, kind: str) -> bool:
    """Whether nothing follows an event of this kind: a batch's own story ends with it, the others go on."""
    return kind == Kind.BATCH_ENDED and stream not in COMMON
